import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BuildArgs, ImageChecked } from "../../../contracts/types.ts";
import type { DockerfilePolicy } from "../../policy.ts";
import { parseDockerfile } from "../dockerfile/parse-dockerfile.ts";
import { judge } from "./judge.ts";

type Setting = { readonly policy?: Partial<DockerfilePolicy>; readonly buildArgs?: BuildArgs };

function judged(text: string, { policy = {}, buildArgs = {} }: Setting = {}): ImageChecked {
  const whole: DockerfilePolicy = { mode: "enforce", allowedRegistries: ["docker.io"], allowAddUrl: false, ...policy };
  return judge(parseDockerfile(text), { policy: whole, buildArgs });
}

/** As `LINE RULE`, with an exclamation mark for an error. */
function found(text: string, setting?: Setting): readonly string[] {
  return judged(text, setting).findings.map(
    ({ line, rule, severity }) => `${line} ${rule}${severity === "error" ? "!" : ""}`,
  );
}

/** Of instructions behind a base that nobody minds. */
const inStage = (lines: string, setting?: Setting): readonly string[] => found(`FROM busybox:1\n${lines}`, setting);

describe("base-registry", () => {
  it.each([
    "FROM python:3.11-slim",
    "FROM library/python:3",
    "FROM docker.io/a/b:1",
    "FROM index.docker.io/a/b:1",
    `FROM a/b@sha256:${"0".repeat(64)}`,
    "FROM scratch",
    "FROM agent-env:task-1",
    "FROM a:1 AS One\nFROM ONE\nCOPY --from=one /a /b\nCOPY --from=0 /a /b\nCOPY --from=c/d:1 /a /b",
    "ARG V=3.11\nFROM python:${V}-slim",
    "ARG V\nFROM python:${V:-3.11}",
    "FROM ${BASE:-python}:3",
    "ARG A=python\nARG B=$A:3\nFROM $B",
    "FROM 'python':\"3\"",
    "# FROM evil.example/a\nFROM a:1\nRUN echo FROM evil.example/a \\\n# FROM evil.example/b\nFROM evil.example/c",
  ])("lets pass: %s", (text) => {
    expect(judged(text)).toMatchObject({ ok: true, findings: [] });
  });

  it.each([
    ["FROM evil.example/a:1", "1"],
    ["from evil.example/a:1", "1"],
    ["FR\\\nOM \\\n# c\n evil.example/a:1", "1"],
    ["FROM localhost/a:1", "1"],
    ["FROM docker.io.evil.example/a:1", "1"],
    ["FROM docker.io:443/a:1", "1"],
    ["FROM docker.io./a:1", "1"],
    ["ARG A=evil.example/a:1\nFROM $A", "2"],
    ["ARG R=evil.example\nFROM ${R}/a:1", "2"],
    ["ARG R=evil\nFROM ${R:+evil.example/a:1}", "2"],
    ["ARG A\nFROM ${A:-evil.example/a:1}", "2"],
    ["ARG A=${B:-evil.example/a:1}\nFROM $A", "2"],
    ['FROM "evil.example"/a:1', "1"],
    ["FROM evil\\.example/a:1", "1"],
    ["FROM a:1 AS evil\nFROM evil.example/a:1", "2"],
    ["FROM a:1\nCOPY --from=evil.example/a:1 /a /b", "2"],
    ["FROM a:1\ncopy --'from'=evil.example/a:1 /a /b", "2"],
    ["FROM a:1\nONBUILD COPY --from=evil.example/a:1 /a /b", "2"],
    ["FROM a:1\nCOPY --from=1 /a /b", "2"],
    ["FROM a:1 AS b\nCOPY --from=0 /a /b", "2"],
    ["FROM a:1\nARG A=b\nCOPY --from=$A /a /b", "3"],
    ["FROM Upper/Case:1", "1"],
    ["FROM https://a/b", "1"],
    // Nobody can tell.
    ["FROM $A", "1"],
    ["FROM python$A", "1"],
    ["ARG A\nFROM $A", "2"],
    ["FROM busybox-$TARGETARCH:1", "1"],
    ["FROM busybox-${TARGETARCH:-amd64}:1", "1"],
    ["ARG A=a:1\nARG A\nFROM $A", "3"],
    ["FROM a:1\nARG A=a:1\nFROM $A", "3"],
    ["ARG A=a\nFROM ${A#a}:1", "2"],
    ["FROM ${A", "1"],
  ])("finds: %s", (text, line) => {
    expect(found(text)).toEqual([`${line} base-registry!`]);
  });

  it("takes the build's arguments in the place of defaults", () => {
    const text = "ARG A=a:1\nFROM $A";
    expect(found(text, { buildArgs: { A: "evil.example/a:1" } })).toEqual(["2 base-registry!"]);
    expect(found("ARG A=evil.example/a:1\nFROM $A", { buildArgs: { A: "a:1" } })).toEqual([]);
    expect(found("ARG A\nFROM $A", { buildArgs: { A: "a:1" } })).toEqual([]);
    expect(found("FROM ${A:-a:1}", { buildArgs: { A: "evil.example/a:1" } })).toEqual(["1 base-registry!"]);
  });

  it("goes by what the administrator allows", () => {
    const at = (...allowedRegistries: string[]): Setting => ({ policy: { allowedRegistries } });
    expect(found("FROM ghcr.io/a/b:1", at("ghcr.io"))).toEqual([]);
    expect(found("FROM ghcr.io/a/b:1", at("ghcr.io/a"))).toEqual([]);
    expect(found("FROM ghcr.io/ab/c:1", at("ghcr.io/a"))).toEqual(["1 base-registry!"]);
    expect(found("FROM python:3", at("docker.io/library"))).toEqual([]);
    expect(found("FROM a/python:3", at("docker.io/library"))).toEqual(["1 base-registry!"]);
    expect(found("FROM localhost:5000/a:1", at("localhost:5000"))).toEqual([]);
    expect(found("FROM evil.example/a:1", at("*"))).toEqual([]);
    expect(found("FROM a:1", at())).toEqual(["1 base-registry!"]);
    expect(found("FROM scratch", at())).toEqual([]);
  });

  it("says which stages begin with what", () => {
    const text = "ARG V=3\nFROM python:$V AS Build\nFROM build\nFROM scratch AS last\nFROM $X";
    expect(judged(text).bases).toEqual([
      { line: 2, stage: "build", kind: "image", reference: "python:3" },
      { line: 3, stage: null, kind: "stage", reference: "build" },
      { line: 4, stage: "last", kind: "scratch", reference: "scratch" },
      { line: 5, stage: null, kind: "image", reference: null },
    ]);
  });
});

describe("private-image, in each mode", () => {
  it.each([
    "FROM moorage-snapshot:a1",
    "FROM docker.io/library/moorage-snapshot:a1",
    "FROM localhost/moorage-dependencies:a1",
    "FROM a5e99aa6a3cb",
    "FROM cafe",
    "FROM sha256:a5e9",
    "FROM 0",
    "ARG A=moorage\nFROM $A-snapshot:a1",
    "FROM a:1\nCOPY --from=a5e9 /a /b",
    "FROM a:1 AS cafe\nFROM cafe\nONBUILD COPY --from=cafe /a /b",
  ])("%s", (text) => {
    const line = text.split("\n").length;
    for (const mode of ["enforce", "warn", "off"] as const) {
      expect(found(text, { policy: { mode, allowedRegistries: ["*"] } })).toContain(`${line} private-image!`);
    }
  });
});

describe("flags", () => {
  it.each([
    ["RUN --privileged true", "privileged"],
    ["RUN --privileged=true true", "privileged"],
    ["RUN --security=insecure true", "insecure"],
    ["run --SECURITY=INSECURE true", "insecure"],
    ["RUN --security=$A true", "insecure"],
    ["RUN --network=host true", "host-network"],
    ['RUN --network="host" true', "host-network"],
    ["RUN --network=\\\n# c\nhost true", "host-network"],
    ["RUN --network host true", "host-network"],
    ["ONBUILD RUN --network=host true", "host-network"],
    ["RUN --network=none true", "unsupported"],
    ["RUN --mount=type=bind,target=/a true", "host-mount"],
    ["RUN --mount=type=secret,id=a true", "host-mount"],
    ["RUN --mount=type=cache,target=/a true", "host-mount"],
    ["RUN --mount=type=bind,from=evil.example/a:1,target=/a true", "base-registry,host-mount"],
    ["RUN --mount=type=bind,source=/run/docker.sock,target=/a true", "host-mount,engine-socket"],
    ["COPY --link a b", "unsupported"],
    ["COPY --parents a b", "unsupported"],
    ["COPY --chmod=755 a b", "unsupported"],
    ["COPY --exclude=*.md a b", "unsupported"],
    ["ADD --checksum=sha256:0 a b", "unsupported"],
    ["COPY --From=a b c", "unsupported"],
    ["COPY --chown a b c", "unsupported"],
    ["ONBUILD --x=y RUN a", "unsupported"],
    ["HEALTHCHECK --start-interval=1s CMD a", "unsupported"],
    ["RUN cat <<EOF\nRUN --privileged a\nEOF", "unsupported"],
    ["COPY <<-'A' <<B /c/\n\ta\n\tA\nFROM evil.example/a\nB", "unsupported"],
    ["ONBUILD COPY <<A /c\na\nA", "unsupported"],
  ])("%s is %s, in each mode", (lines, rules) => {
    const expected = rules.split(",").map((rule) => `2 ${rule}!`);
    expect(inStage(lines)).toEqual(expected);
    for (const mode of ["warn", "off"] as const) {
      const hard = expected.filter((one) => !/base-registry|engine-socket/.test(one));
      expect(inStage(lines, { policy: { mode } }).filter((one) => one.endsWith("!"))).toEqual(hard);
    }
  });

  it.each([
    "RUN docker run --privileged --network=host a",
    "RUN a --mount=type=bind",
    "RUN -- --privileged",
    "COPY --chown=1:1 a b",
    "HEALTHCHECK --interval=1s --retries=2 CMD a",
    "# RUN --privileged a",
    "RUN a \\\n# --network=host\n b",
    'CMD ["--privileged"]',
  ])("are not: %s", (lines) => {
    expect(inStage(lines)).toEqual([]);
  });
});

describe("--platform", () => {
  it.each([
    ["FROM --platform=$BUILDPLATFORM a:1", ["1 unsupported!"]],
    ["ARG P\nFROM --platform=$P a:1", ["2 unsupported!"]],
    ["ARG P=linux/arm64\nFROM --platform=$P a:1", []],
    ["FROM --platform=linux/arm64 a:1", []],
  ])("%s", (text, rules) => {
    expect(found(text)).toEqual(rules);
  });
});

it("no manner of writing hides what is refused", () => {
  const bad = fc.constantFrom(
    ...["FROM evil.example/a:1", "RUN --network=host a", "ADD https://a.example/b /c", "ENV TOKEN=x"],
    ...["COPY --from=evil.example/a:1 /a /b", "VOLUME /run/docker.sock", "ONBUILD RUN --privileged a"],
  );
  const blank = fc.constantFrom(" ", "\t", " \\\n", " \\ \r\n\t", " \\\n# c\n", " \\\n\n  # c \\\n ", "\v\f ");
  const before = fc.constantFrom("", "\n", "# c\n", "RUN a \\\n b\n", "\\\n", "LABEL a='\n", "RUN a \\\n# c\n");
  fc.assert(
    fc.property(
      bad,
      fc.array(blank, { minLength: 4, maxLength: 4 }),
      fc.tuple(before, fc.boolean()),
      (line, blanks, [noise, lower]) => {
        // What goes on in it is a part of the line before.
        const start = noise.endsWith("\\\n# c\n") ? `${noise}b\n` : noise;
        const words = line.split(" ").map((word, index) => (index === 0 && lower ? word.toLowerCase() : word));
        const written = words
          .map((word, index) => `${word}${index === words.length - 1 ? "" : (blanks[index] ?? " ")}`)
          .join("");
        const { ok, findings } = judged(`FROM a:1\n${start}${written}\n`);
        expect(ok).toBe(false);
        expect(findings.length).toBeGreaterThan(0);
        expect(findings.some(({ rule }) => rule !== "syntax" && rule !== "unsupported")).toBe(true);
      },
    ),
  );
});

describe("syntax-frontend", () => {
  it.each([
    ["# syntax=docker/dockerfile:1\nFROM a:1", 1],
    ["#Syntax = evil.example/a\nFROM a:1", 1],
    ["#!/usr/bin/env x\n\n# syntax=a\nFROM a:1", 3],
    ["ARG BUILDKIT_SYNTAX=a\nFROM a:1", 1],
  ])("%s", (text, line) => {
    expect(found(text)).toEqual([`${line} syntax-frontend!`]);
  });

  it("is not behind the first instruction; is in the build's arguments", () => {
    expect(inStage("# syntax=docker/dockerfile:1\nRUN a")).toEqual([]);
    expect(inStage("RUN a", { buildArgs: { BUILDKIT_SYNTAX: "a" } })).toEqual(["1 syntax-frontend!"]);
  });
});

describe("engine-socket", () => {
  it.each([
    "VOLUME /var/run/docker.sock",
    'volume ["/a", "/run/docker.sock"]',
    "VOLUME /run/containerd/containerd.sock",
    "VOLUME /run/podman/podman.sock",
    "ENV DOCKER_HOST=tcp://a:2375",
    "ENV docker_host tcp://a:2375",
    "ENV A=1 B=unix:///run/docker.sock",
    "ARG A=/run/docker.sock",
    "ONBUILD VOLUME /run/docker.sock",
    "COPY . /var/run/docker.sock",
    'copy ["a", "/var/run/docker.sock"]',
    "ADD a.tar /run/podman/podman.sock/",
  ])("%s", (line) => {
    expect(inStage(line)).toEqual(["2 engine-socket!"]);
  });

  it("by way of a variable, or of the build's arguments", () => {
    expect(inStage("ARG A=docker\nENV B=${A}.sock\nVOLUME /run/$B")).toEqual(["3 engine-socket!", "4 engine-socket!"]);
    expect(inStage("ARG A\nVOLUME $A", { buildArgs: { A: "/run/docker.sock" } })).toEqual([
      "2 engine-socket!",
      "3 engine-socket!",
    ]);
  });

  it.each([
    "# VOLUME /var/run/docker.sock",
    "RUN echo never mount /var/run/docker.sock",
    'CMD ["ls", "/run/docker.sock"]',
    "LABEL a=docker.sock",
    "ENV DOCKER_HOST=",
    "ARG DOCKER_HOST",
    "VOLUME /var/run/docker.sockets",
    "COPY docker.sock /a",
    "COPY a /docs/docker.sock.md",
    "ENV A=docker.sock-proxy",
  ])("is not: %s", (line) => {
    expect(inStage(line)).toEqual([]);
  });
});

describe("add-url", () => {
  it.each([
    "ADD https://a.example/b /c",
    "add HTTP://a.example/b /c",
    "ADD git@a.example:b.git /c",
    "ADD git://a.example/b /c",
    'ADD ["a", "https://a.example/b", "/c"]',
    'ADD h"ttp"s://a.example/b /c',
    "ADD a \\\n# c\n https://a.example/b /c",
    "ONBUILD ADD https://a.example/b /c",
    "ADD ${A:-https://a.example/b} /c",
    "ADD ${A}tps://a.example/b /c",
    "ADD h${A} /c",
    "ADD $A /c",
    "ADD ${A /c",
  ])("%s", (line) => {
    expect(inStage(line)).toEqual(["2 add-url!"]);
    expect(inStage(line, { policy: { allowAddUrl: true } })).toEqual([]);
  });

  it("by way of a variable, which the base image may set where the Dockerfile does not", () => {
    expect(inStage("ARG A=https\nADD $A://a.example/b /c")).toEqual(["3 add-url!"]);
    expect(inStage("ENV A=https B=$A\nADD $B://a.example/b /c")).toEqual(["3 add-url!"]);
    expect(inStage("ARG A=target/app.jar\nADD $A /c")).toEqual(["3 add-url!"]);
  });

  it.each([
    "ADD a.tar.gz /c",
    "ADD ./$A /c",
    "ADD files-${A}.tar /c",
    "COPY $A /c",
    "# ADD https://a.example/b /c",
    "RUN curl https://a.example/b",
    "ADD a https://a.example/b",
  ])("is not: %s", (line) => {
    expect(inStage(line)).toEqual([]);
  });
});

describe("secret-in-env", () => {
  const TOKEN = `ghp_${"a1B2".repeat(9)}`;
  it.each([
    "ENV PASSWORD=x",
    "ENV password x",
    "env API_KEY='x y'",
    "ENV A=1 GITHUB_TOKEN=x",
    "ENV AWS_SECRET_ACCESS_KEY=x",
    "ENV AWS_ACCESS_KEY_ID=x",
    "ENV PGPASSWORD=x",
    "ENV dbPassword=x",
    "ENV SECRET_KEY_BASE=x",
    "ENV MYSQL_PWD=x",
    "ENV TOKEN=$TOKEN",
    "ARG CLIENT_SECRET=x",
    "ENV \\\n# c\n TOKEN=x",
    "ONBUILD ENV TOKEN=x",
    `ENV A=${TOKEN}`,
    `ENV A=gh"p_"${TOKEN.slice(4)}`,
    "ENV A=AKIAIOSFODNN7EXAMPLE",
    'ENV A="-----BEGIN RSA PRIVATE KEY-----"',
    `ENV A=x:sk-${"a1".repeat(12)}`,
    `ARG A=eyJ${"a".repeat(20)}.eyJ${"b".repeat(20)}.${"c".repeat(20)}`,
    `ENV U=https://x:${TOKEN}@a.example/`,
    "ENV GH_PAT=foo",
    "ENV passphrase=x",
    "ENV GPG_PASS_PHRASE=x",
    "ENV DATABASE_URL=postgres://u:hunter2@h/db",
    "ENV CACHE=redis://:hunter2@h:6379/0",
    "ARG DATABASE_URL=postgres://u:$PW@h/db",
    'ENV AUTH_HEADER="Bearer abc"',
    'ENV AUTH_HEADER="Bearer $T"',
    "ENV H='Authorization: Basic YTpi'",
    `LABEL a=${TOKEN}`,
    `LABEL a="1" b="github_pat_${"a1".repeat(20)}"`,
    `LABEL a=glpat-${"a1".repeat(10)}`,
    "LABEL a=xoxb-1234567890-abc",
    "LABEL a=AKIAIOSFODNN7EXAMPLE",
    `LABEL a=npm_${"a1".repeat(18)}`,
    `LABEL a=sk-${"a1".repeat(12)}`,
    'LABEL a="-----BEGIN PRIVATE KEY-----"',
    `LABEL a=moorage_${"a".repeat(20)}_${"A".repeat(43)}`,
    "LABEL a=postgres://u:hunter2@h/db",
  ])("%s", (line) => {
    const { findings } = judged(`FROM busybox:1\n${line}`);
    expect(findings.map(({ line: at, rule }) => `${at} ${rule}`)).toEqual(["2 secret-in-env"]);
  });

  it("shows no value, whoever gives it", () => {
    const value = `${TOKEN}-hush`;
    const lines = `ARG DEPLOY_KEY\nENV A=${value} PASSWORD=hush\nADD https://a:hush@b.example/c?token=hush /d\nARG API_TOKEN`;
    const { findings } = judged(`FROM busybox:1\n${lines}`, { buildArgs: { API_TOKEN: "hush", DEPLOY_KEY: value } });
    expect(findings.map(({ line, rule }) => `${line} ${rule}`)).toEqual([
      ...["2 secret-in-env", "3 secret-in-env", "3 secret-in-env", "4 add-url", "5 secret-in-env"],
    ]);
    expect(JSON.stringify(findings)).not.toContain("hush");
    expect(JSON.stringify(findings)).not.toContain(TOKEN);
  });

  it.each([
    "ARG TOKEN",
    "ENV TOKEN=",
    'ENV TOKEN="" A=$B',
    "ENV TOKENIZERS_PARALLELISM=false",
    "ENV TOKEN_FILE=/run/secrets/token",
    "ENV PUBLIC_KEY=x SSH_PUBLIC_KEY=y",
    "ENV USE_TOKEN=true",
    "ENV MAX_TOKENS=100",
    "ENV AWS_REGION=eu-west-1",
    "ENV PWD=/a",
    "ENV A=sk-learn",
    "# ENV PASSWORD=x",
    "RUN PASSWORD=x a",
    "LABEL token=x",
    "ENV PATH=/a A_PATTERN=b COMPAT=1 PAT=*.c",
    "ENV DATABASE_URL=postgres://u@h:5432/db",
    "ENV DATABASE_URL=postgres://u:@h/db",
    "ENV DATABASE_URL=postgres://u:***@h/db B=postgres://u:<password>@h/db",
    "ENV A=http://a.example:8080/@scope/b",
    "ENV A=http://a.example:80?to=b@c.example",
    "ENV A=git+ssh://git@a.example:22/b",
    `ENV A=docker://a.example:5000/b@sha256:${"0".repeat(64)}`,
    "ENV AUTH_SCHEME=Bearer AUTH_HEADER=X-Api",
    'ENV MESSAGE="Bearer abc"',
    'ENV AUTH_HEADER="Bearer of good news"',
    "ENV MOORAGE=moorage_home",
    "LABEL org.opencontainers.image.source=https://a.example/b password=x maintainer='A <a@b.example>'",
  ])("is not: %s", (line) => {
    expect(inStage(line)).toEqual([]);
  });
});

describe("latest-tag", () => {
  it("is advice", () => {
    expect(judged("FROM python\nFROM python:latest")).toMatchObject({ ok: true });
    expect(found("FROM python\nFROM python:latest\nFROM agent-env\nFROM scratch")).toEqual([
      "1 latest-tag",
      "2 latest-tag",
    ]);
  });
});

describe("the mode", () => {
  const text = `FROM evil.example/a:1\nENV TOKEN=x\nADD https://a.example/b /c\n`;

  it("enforce refuses, warn tells, off does not look", () => {
    const rules = ["1 base-registry", "2 secret-in-env", "3 add-url"];
    expect(judged(text)).toMatchObject({ ok: false, mode: "enforce" });
    expect(found(text)).toEqual(rules.map((rule) => `${rule}!`));
    expect(judged(text, { policy: { mode: "warn" } })).toMatchObject({ ok: true, mode: "warn" });
    expect(found(text, { policy: { mode: "warn" } })).toEqual(rules);
    expect(judged(text, { policy: { mode: "off" } })).toMatchObject({ ok: true, mode: "off", findings: [] });
  });

  it("lets nothing pass that cannot be built", () => {
    expect(judged("FROM a:1\nFOO", { policy: { mode: "off" } })).toMatchObject({
      ok: false,
      findings: [{ rule: "syntax" }],
    });
  });
});

describe("a text of 1 MiB is judged at once, whatever is in it", () => {
  const MIB = 1024 * 1024;
  const filled = (piece: string): string => `FROM a:1\n${piece.repeat(Math.floor(MIB / piece.length))}`;
  it.each([
    ["a value that doubles", filled("ENV A=$A$A\n").replace("ENV A=$A$A", "ENV A=x")],
    ["variables in one word", `FROM a:1\nENV A=${"x".repeat(512)}\nENV B=${"$A".repeat(MIB / 2)}`],
    ["defaults in defaults", `FROM ${"${A:-".repeat(MIB / 5)}`],
    ["half tokens", filled("eyJ-").replace("\n", "\nENV A=")],
    ["half keys", filled("-----BEGIN A ").replace("\n", "\nENV A=")],
    ["many variables", filled("ENV A=b\n")],
    ["a long reference", `FROM ${"a-".repeat(MIB / 2)}`],
    ["a long name", `FROM a:1\nENV ${"A_".repeat(MIB / 2)}=b`],
    [
      "stages on stages",
      `FROM a:1 AS s0\n${Array.from({ length: 15_000 }, (_, index) => `FROM s${index} AS s${index + 1}`).join("\n")}`,
    ],
    ["copies of stages", `FROM a:1 AS b\nFROM a:1\n${"COPY --from=b /a /b\n".repeat(19_000)}`],
    ["what is found on each line", filled("USER\n")],
  ])("%s", (_what, text) => {
    expect(judged(text).findings.length).toBeLessThanOrEqual(200);
  });

  it("of many findings the first are told, and how many there are", () => {
    const { ok, findings, omitted } = judged(`FROM a:1\n${"VOLUME /run/docker.sock\n".repeat(1000)}`);
    expect({ ok, told: findings.length, omitted }).toEqual({ ok: false, told: 200, omitted: 800 });
  });
});
