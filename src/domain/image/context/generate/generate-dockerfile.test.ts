import { describe, expect, it } from "vitest";
import { openMemoryDomain } from "../../../../../test/fixtures/memory-domain.ts";
import { openBuildContext } from "../open-build-context.ts";
import { unrestricted } from "../../../access/principal.ts";

/** What is written for these files, without the line that says by whom. */
async function written(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  await using domain = openMemoryDomain();
  const call = { context: domain.context, principal: unrestricted("alice"), signal: undefined };
  await using context = await openBuildContext(call, { files });
  const { path, text, generatedFor } = context.dockerfile;
  expect(path).toBe("Dockerfile");
  const pieces = Buffer.concat(await Array.fromAsync(context.tar())).toString("latin1");
  expect(pieces).toContain(text);
  // What is written has to pass what Dockerfiles are judged by.
  expect((await domain.platform.image.check({ dockerfile: text })).findings).toEqual([]);
  return [String(generatedFor), ...text.split("\n").slice(1, -1)];
}

describe("for Python", () => {
  const head = [
    "python",
    "FROM python:3.11-slim",
    "ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_DISABLE_PIP_VERSION_CHECK=1 HOME=/tmp",
    "WORKDIR /app",
    "RUN chown 10001:10001 /app",
  ];
  const sources = "COPY --chown=10001:10001 . .";

  it("what is required is installed before the sources are there", async () => {
    expect(await written({ "requirements.txt": "flask==3.0\n", "app.py": "" })).toEqual([
      ...head,
      "COPY requirements.txt ./",
      "RUN pip install --no-cache-dir --requirement requirements.txt",
      sources,
      "USER 10001",
      'CMD ["python","app.py"]',
    ]);
  });

  it.each(["-r base.txt", "-c constraints.txt", "-e .", "./wheels/a.whl", "a @ file:///app/a.whl"])(
    "%s needs the sources first",
    async (line) => {
      const lines = await written({ "requirements.txt": `six\n${line}\n` });
      expect(lines.slice(6, 8)).toEqual([sources, "RUN pip install --no-cache-dir --requirement requirements.txt"]);
      expect(lines.at(-1)).toBe(
        "# No command could be told: there is no Procfile, main.py, app.py, server.py or __main__.py. Name it when the image is run.",
      );
    },
  );

  it("a pyproject's own dependencies come first, and a lock that pip does not read is told", async () => {
    const lines = await written({
      "pyproject.toml": '[build-system]\nrequires = ["hatchling"]\n[project]\nname = "app"\n',
      "uv.lock": "",
      "__main__.py": "",
    });
    expect(lines.slice(5, 7)).toEqual([
      "# pip does not read uv.lock: what it pins is kept by exporting it to a requirements.txt.",
      "COPY pyproject.toml ./",
    ]);
    expect(lines[7]).toMatch(/^RUN \["python","-c","import subprocess, sys, tomllib; /);
    expect(lines.slice(8)).toEqual([sources, "RUN pip install --no-cache-dir .", "USER 10001", 'CMD ["python","."]']);
  });

  it("a pyproject that has settings of tools alone is no project", async () => {
    const lines = await written({ "pyproject.toml": "[tool.black]\nline-length = 100\n", "package.json": "{}" });
    expect(lines[0]).toBe("node");
  });
});

describe("for Node", () => {
  const head = [
    "node",
    "FROM node:20-alpine",
    "ENV HOME=/tmp COREPACK_ENABLE_DOWNLOAD_PROMPT=0",
    "WORKDIR /app",
    "RUN chown 10001:10001 /app",
  ];
  const sources = "COPY --chown=10001:10001 . .";
  const rest = ["ENV NODE_ENV=production", "USER 10001"];

  it.each<readonly [Readonly<Record<string, string>>, readonly string[]]>([
    [{}, ["COPY package.json ./", "RUN npm install --omit=dev --no-audit --no-fund"]],
    [
      { "package-lock.json": "{}" },
      ["COPY package.json package-lock.json ./", "RUN npm ci --omit=dev --no-audit --no-fund"],
    ],
    [
      { "pnpm-lock.yaml": "" },
      ["COPY package.json pnpm-lock.yaml ./", "RUN corepack enable && pnpm install --frozen-lockfile --prod"],
    ],
    [
      { "yarn.lock": "# yarn lockfile v1\n" },
      ["COPY package.json yarn.lock ./", "RUN corepack enable && yarn install --frozen-lockfile"],
    ],
    [
      { "yarn.lock": "__metadata:\n" },
      ["COPY package.json yarn.lock ./", "RUN corepack enable && yarn install --immutable"],
    ],
  ])("%j is installed as its lock says", async (locks, installing) => {
    const manifest = JSON.stringify({ scripts: { start: "node --enable-source-maps src/server.js" } });
    const command = 'CMD ["node","--enable-source-maps","src/server.js"]';
    expect(await written({ "package.json": manifest, ...locks })).toEqual([
      ...head,
      ...installing,
      sources,
      ...rest,
      command,
    ]);
  });

  it("what a build needs is there until it is done", async () => {
    const manifest = JSON.stringify({ scripts: { build: "tsc", start: "next start && true" } });
    expect((await written({ "package.json": manifest, "package-lock.json": "{}" })).slice(5)).toEqual([
      "COPY package.json package-lock.json ./",
      "RUN npm ci --no-audit --no-fund",
      sources,
      "RUN npm run build && npm prune --omit=dev --no-audit --no-fund",
      ...rest,
      'CMD ["npm","start"]',
    ]);
  });

  it.each([
    { workspaces: ["packages/*"] },
    { scripts: { postinstall: "node setup.js" } },
    { dependencies: { mine: "file:./mine" } },
  ])("%j needs the sources first", async (manifest) => {
    const lines = await written({ "package.json": JSON.stringify(manifest), "index.js": "" });
    expect(lines.slice(5)).toEqual([
      sources,
      "RUN npm install --omit=dev --no-audit --no-fund",
      ...rest,
      'CMD ["node","index.js"]',
    ]);
  });

  it("a package.json that cannot be read is refused", async () => {
    await expect(written({ "package.json": "{" })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: "The context's package.json is no JSON object, so no Dockerfile can be written for it.",
      hint: "Correct it, or add a Dockerfile.",
    });
  });
});

describe("for Go", () => {
  it("a small image has the program alone", async () => {
    expect(await written({ "go.mod": "module app\n\ngo 1.22\n", "go.sum": "", "main.go": "package main" })).toEqual([
      "go",
      "FROM golang:1.24-bookworm AS build",
      "ENV CGO_ENABLED=0 GOTOOLCHAIN=auto",
      "WORKDIR /src",
      "COPY go.mod go.sum ./",
      "RUN go mod download",
      "COPY . .",
      'RUN ["go","build","-trimpath","-o","/out/app","."]',
      "FROM debian:bookworm-slim",
      "COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt",
      "COPY --from=build /out/app /usr/local/bin/app",
      "ENV HOME=/tmp",
      "USER 10001",
      'CMD ["/usr/local/bin/app"]',
    ]);
  });

  it("a program of cmd/ is built where the root has none, from sources that are there", async () => {
    const files = { "go.mod": "module app\nreplace x => ./x\n", "cmd/serve/main.go": "package main" };
    const lines = await written(files);
    expect(lines.slice(4, 6)).toEqual(["COPY . .", 'RUN ["go","build","-trimpath","-o","/out/app","./cmd/serve"]']);
  });
});

describe("of several", () => {
  it("a Procfile tells the command, in one line whatever it has in it", async () => {
    const web = 'gunicorn "app:app" --bind 0.0.0.0:$PORT';
    const lines = await written({
      "requirements.txt": "",
      Procfile: `worker: x\nweb: ${web}\r\nRUN: evil\n`,
      "main.py": "",
    });
    expect(lines.at(-1)).toBe(`CMD ${JSON.stringify(["/bin/sh", "-c", web])}`);
  });

  it("only the root counts, and only what is kept of it", async () => {
    const lines = await written({
      "index.html": "",
      "backend/requirements.txt": "",
      "package.json": "{}",
      "Dockerfile.dev": "FROM other",
      ".dockerignore": "package.json\n",
    });
    expect(lines).toEqual([
      "static",
      "FROM busybox:1.36",
      "WORKDIR /site",
      "COPY . .",
      "RUN rm -f Dockerfile .dockerignore",
      "USER 10001",
      "EXPOSE 8080",
      'CMD ["busybox", "httpd", "-f", "-p", "8080", "-h", "/site"]',
    ]);
  });
});
