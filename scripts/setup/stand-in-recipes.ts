/** How one base image is made from the distribution's packages when no registry can be reached. */
export type StandInRecipe =
  | { kind: "debian-root"; suite: string; says: string }
  | { kind: "busybox-root"; says: string }
  | { kind: "packages"; from: BaseImageTag; dockerfile: string; says: string };

export type BaseImageTag =
  | "busybox:latest"
  | "debian:bookworm-slim"
  | "python:3.11-slim"
  | "node:20-alpine"
  | "postgres:15-alpine";

/** What `npm test` needs; postgres is made only when it is asked for. */
export const TEST_IMAGES: readonly BaseImageTag[] = [
  "busybox:latest",
  "debian:bookworm-slim",
  "python:3.11-slim",
  "node:20-alpine",
];

const INSTALL = "apt-get update -qq && apt-get install -y -qq --no-install-recommends";
const TIDY = "rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/*.log /var/log/apt";

export const STAND_IN_RECIPES: Readonly<Record<BaseImageTag, StandInRecipe>> = {
  "busybox:latest": { kind: "busybox-root", says: "Debian's busybox-static, not the image of the busybox project" },
  "debian:bookworm-slim": {
    kind: "debian-root",
    suite: "bookworm",
    says: "Debian 12 made by debootstrap, not the official image",
  },
  "python:3.11-slim": {
    kind: "packages",
    from: "debian:bookworm-slim",
    says: "Debian 12 with Debian's own Python 3.11, not the official image",
    dockerfile: `
ENV LANG=C.UTF-8
RUN ${INSTALL} ca-certificates python3 python3-pip python3-venv \\
 && ln -s /usr/bin/python3 /usr/local/bin/python \\
 && rm -f /usr/lib/python3.11/EXTERNALLY-MANAGED \\
 && ${TIDY}
CMD ["python3"]
`,
  },
  "node:20-alpine": {
    kind: "packages",
    from: "debian:bookworm-slim",
    says: "Debian 12 with Debian's own Node.js 18, neither Node.js 20 nor Alpine",
    dockerfile: `
RUN ${INSTALL} ca-certificates nodejs npm \\
 && useradd --create-home --uid 1000 --shell /bin/sh node \\
 && ${TIDY}
CMD ["node"]
`,
  },
  "postgres:15-alpine": {
    kind: "packages",
    from: "debian:bookworm-slim",
    says: "Debian 12 with Debian's own PostgreSQL 15, without the official entry point, not Alpine",
    dockerfile: `
ENV PATH=/usr/lib/postgresql/15/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
RUN ${INSTALL} postgresql-15 \\
 && ${TIDY}
EXPOSE 5432
`,
  },
};
