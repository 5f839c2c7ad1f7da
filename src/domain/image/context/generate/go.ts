import { BASES } from "./bases.ts";
import { USER, type Project, type Recipe } from "./project.ts";

export const go: Recipe = {
  generatedFor: "go",
  write: async (project) => {
    if (!project.has("go.mod")) return undefined;
    return [
      `FROM ${BASES.goBuild} AS build`,
      "ENV CGO_ENABLED=0 GOTOOLCHAIN=auto",
      "WORKDIR /src",
      ...(await sourcesOf(project)),
      `RUN ${JSON.stringify(["go", "build", "-trimpath", "-o", "/out/app", packageOf(project)])}`,
      `FROM ${BASES.goRun}`,
      "COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt",
      "COPY --from=build /out/app /usr/local/bin/app",
      "ENV HOME=/tmp",
      `USER ${USER}`,
      'CMD ["/usr/local/bin/app"]',
    ];
  },
};

async function sourcesOf(project: Project): Promise<readonly string[]> {
  const replaced = /=>\s*\.{1,2}(?:\/|\s|$)/m.test(await project.text("go.mod"));
  if (replaced || project.directories("").includes("vendor")) return ["COPY . ."];
  const files = ["go.mod", "go.sum"].filter((name) => project.has(name));
  return [`COPY ${files.join(" ")} ./`, "RUN go mod download", "COPY . ."];
}

/** The root where it has a program; else the first one of `cmd/`. */
function packageOf(project: Project): string {
  const [first] = project.has("main.go") ? [] : project.directories("cmd");
  return first === undefined ? "." : `./cmd/${first}`;
}
