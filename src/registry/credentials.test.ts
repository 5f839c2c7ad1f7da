import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isAlive } from "../../scripts/setup/processes.ts";
import type { RegistryAuth } from "../base/registry-auth.ts";
import { createCredentials, type CredentialsOptions } from "./credentials.ts";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "moorage-credentials-"));
});
afterEach(() => rm(directory, { recursive: true }));

function credentials(wish: Partial<CredentialsOptions> = {}) {
  return createCredentials({ profiles: {}, environment: {}, configDirectory: directory, ...wish });
}

async function found(host: string, wish: Partial<CredentialsOptions> = {}): Promise<object | undefined> {
  const auth = await credentials(wish).forHost(host);
  expect(inspect(auth, { depth: 9, showHidden: true }) + JSON.stringify(auth)).not.toMatch(/s3cret/);
  return auth && revealed(auth);
}

function revealed(auth: RegistryAuth): object {
  if ("password" in auth) return { ...auth, password: auth.password.reveal() };
  if ("identityToken" in auth) return { ...auth, identityToken: auth.identityToken.reveal() };
  return { ...auth, registryToken: auth.registryToken.reveal() };
}

const config = (content: unknown): Promise<void> =>
  writeFile(join(directory, "config.json"), typeof content === "string" ? content : JSON.stringify(content));
const basic = (login: string): string => Buffer.from(login).toString("base64");

/** Puts a credential helper on the PATH, as a script. */
async function program(name: string, script: string): Promise<CredentialsOptions["environment"]> {
  const path = join(directory, "bin");
  await mkdir(path, { recursive: true });
  await writeFile(join(path, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`);
  await chmod(join(path, `docker-credential-${name}`), 0o755);
  return { PATH: `${path}:/usr/bin:/bin` };
}

test("where nothing is, nothing is shown", async () => {
  expect(await found("ghcr.io")).toBeUndefined();
  expect(await found("ghcr.io", { configDirectory: "/nonexistent" })).toBeUndefined();
});

describe("the environment", () => {
  const hub = { DOCKER_USERNAME: "ann", DOCKER_PASSWORD: "s3cret" };
  const generic = {
    ADDE_REGISTRY_URL: "https://registry.example:5000/v2",
    ADDE_REGISTRY_USERNAME: "bob",
    ADDE_REGISTRY_PASSWORD: "s3cret-2",
  };

  test.each([
    ["Docker Hub", hub, "docker.io", { username: "ann", password: "s3cret" }],
    ["another by name", { ...hub, DOCKER_REGISTRY: "quay.io/team" }, "quay.io", { username: "ann" }],
    ["not Hub then", { ...hub, DOCKER_REGISTRY: "quay.io/team" }, "docker.io", undefined],
    ["nobody else", hub, "docker.io.evil.example", undefined],
    ["half a login", { DOCKER_USERNAME: "ann" }, "docker.io", undefined],
    ["an empty one", { DOCKER_USERNAME: "ann", DOCKER_PASSWORD: "" }, "docker.io", undefined],
    ["Hub again", { ADDE_DOCKERHUB_USERNAME: "eve", ADDE_DOCKERHUB_PASSWORD: "x" }, "docker.io", { username: "eve" }],
    ["a private one", generic, "registry.example:5000", { username: "bob", password: "s3cret-2" }],
    ["a private one, in capitals", generic, "Registry.Example:5000", { username: "bob" }],
    ["another port", generic, "registry.example", undefined],
    ["a longer name", generic, "registry.example:5000.evil.example", undefined],
    ["no private one", { ...generic, ADDE_REGISTRY_URL: "" }, "registry.example:5000", undefined],
    [
      "a token of Amazon's",
      { ADDE_ECR_TOKEN: "s3cret" },
      "123456789012.dkr.ecr.eu-central-1.amazonaws.com",
      { username: "AWS", password: "s3cret" },
    ],
    [
      "a whole token of Amazon's",
      { ADDE_ECR_TOKEN: basic("AWS:s3cret") },
      "public.ecr.aws",
      { username: "AWS", password: "s3cret" },
    ],
    [
      "a token of Amazon's for one by name",
      { ADDE_ECR_TOKEN: "s3cret", ADDE_ECR_REGISTRY: "images.example" },
      "images.example",
      { username: "AWS" },
    ],
    [
      "and for no other",
      { ADDE_ECR_TOKEN: "s3cret", ADDE_ECR_REGISTRY: "images.example" },
      "123456789012.dkr.ecr.eu-central-1.amazonaws.com",
      undefined,
    ],
    [
      "no look-alike of Amazon's",
      { ADDE_ECR_TOKEN: "s3cret" },
      "123456789012.dkr.ecr.eu-central-1.amazonaws.com.evil.example",
      undefined,
    ],
  ])("%s", async (...[, environment, host, expected]) => {
    const auth = await found(host, { environment });
    expect(auth ?? {}).toMatchObject(expected === undefined ? {} : { host: host.toLowerCase(), ...expected });
    expect(auth === undefined).toBe(expected === undefined);
  });
});

describe("a profile of the configuration", () => {
  test("goes before the environment, and that before Docker's own file", async () => {
    await config({ auths: { "https://index.docker.io/v1/": { auth: basic("third:s3cret") } } });
    expect(await found("docker.io")).toMatchObject({ username: "third" });
    const environment = { DOCKER_USERNAME: "second", DOCKER_PASSWORD: "s3cret", HUB: "s3cret-1" };
    expect(await found("docker.io", { environment })).toMatchObject({ username: "second" });
    const profiles = { "Index.docker.io": { kind: "basic", username: "first", passwordEnv: "HUB" } } as const;
    expect(await found("docker.io", { environment, profiles })).toEqual({
      host: "docker.io",
      username: "first",
      password: "s3cret-1",
    });
  });

  test("reads its secret from a file, without the newline at its end", async () => {
    const passwordFile = join(directory, "password");
    await writeFile(passwordFile, "s3cret two\n");
    const profiles = { "ghcr.io": { kind: "basic", username: "ann", passwordFile } } as const;
    expect(await found("ghcr.io", { profiles })).toMatchObject({ password: "s3cret two" });
    expect(await found("ghcr.io.evil.example", { profiles })).toBeUndefined();
  });

  test.each([
    ["is missing", async () => undefined, "which cannot be read"],
    ["is empty", (path: string) => writeFile(path, "\n"), "which is empty"],
    ["is a directory", (path: string) => mkdir(path), "which is no file of at most 65536 bytes"],
    ["is huge", (path: string) => writeFile(path, "x".repeat(70_000)), "which is no file of at most 65536 bytes"],
  ])("whose file %s", async (_what, make, words) => {
    const passwordFile = join(directory, "password");
    await make(passwordFile);
    const profiles = { "ghcr.io": { kind: "basic", username: "ann", passwordFile } } as const;
    await expect(found("ghcr.io", { profiles })).rejects.toMatchObject({
      code: "CREDENTIALS_UNUSABLE",
      message: `The profile of ghcr.io names the file ${passwordFile}, ${words}.`,
      hint: "Name a file with the secret alone that the user of Moorage may read.",
    });
  });

  test("whose variable is not set", async () => {
    const profiles = { "ghcr.io": { kind: "basic", username: "ann", passwordEnv: "GHCR_TOKEN" } } as const;
    await expect(found("ghcr.io", { profiles })).rejects.toMatchObject({
      code: "CREDENTIALS_UNUSABLE",
      message: "The profile of ghcr.io names the variable GHCR_TOKEN, which is not set.",
      hint: "Set GHCR_TOKEN in the environment of Moorage.",
    });
  });
});

describe("Docker's own file", () => {
  test.each([
    ["a login", "ghcr.io", { auth: basic("ann:s3:cret") }, { username: "ann", password: "s3:cret" }],
    ["one by address", "https://ghcr.io/v2/", { auth: basic("ann:s3cret") }, { username: "ann", password: "s3cret" }],
    ["one in two fields", "ghcr.io", { username: "ann", password: "s3cret" }, { username: "ann", password: "s3cret" }],
    ["an identity token", "ghcr.io", { auth: "", identitytoken: "s3cret" }, { identityToken: "s3cret" }],
    ["a registry token", "ghcr.io", { registrytoken: "s3cret" }, { registryToken: "s3cret" }],
  ])("has %s", async (...[, server, entry, expected]) => {
    await config({ auths: { "other.example": { auth: basic("other:x") }, [server]: entry } });
    expect(await found("ghcr.io")).toEqual({ host: "ghcr.io", ...expected });
    expect(await found("gh.io")).toBeUndefined();
  });

  test("has nothing in an entry that only a helper fills, and nothing of others", async () => {
    await config({ auths: { "ghcr.io": {} }, currentContext: "default", HttpHeaders: { "User-Agent": "x" } });
    expect(await found("ghcr.io")).toBeUndefined();
  });

  test.each(["{", "[]", '{"auths": 5}', '{"auths": {"a": {"auth": 5}}}', '{"credsStore": {}}'])(
    "that is %s is told",
    async (content) => {
      await config(content);
      await expect(found("ghcr.io")).rejects.toMatchObject({
        code: "CREDENTIALS_UNUSABLE",
        message: `${join(directory, "config.json")} is not what Docker writes there.`,
        hint: "Mend or remove the file, then log in again with `docker login`.",
      });
    },
  );

  test("whose entry has no login is told, without the entry", async () => {
    await config({ auths: { "ghcr.io": { auth: basic("s3cret") } } });
    await expect(found("ghcr.io")).rejects.toMatchObject({
      code: "CREDENTIALS_UNUSABLE",
      message: `The entry "ghcr.io" of ${join(directory, "config.json")} has no user and password in \`auth\`.`,
      hint: "Log in again with `docker login ghcr.io`.",
    });
  });
});

describe("a credential helper of Docker's", () => {
  test("is asked for the registry, on its standard input", async () => {
    const reply = `read -r server; printf '{"ServerURL":"%s","Username":"'"$1"'-%s","Secret":"s3cret"}' "$server" "$server"`;
    const environment = await program("one", reply);
    await config({ credsStore: "one", auths: { "ghcr.io": {} } });
    expect(await found("ghcr.io", { environment })).toEqual({
      host: "ghcr.io",
      username: "get-ghcr.io",
      password: "s3cret",
    });
    expect(await found("docker.io", { environment })).toMatchObject({ username: "get-https://index.docker.io/v1/" });
  });

  test("of one registry goes before that of all; a token is known by its user", async () => {
    await program("all", `echo '{"Username":"all","Secret":"s3cret"}'`);
    const environment = await program("one", `echo '{"Username":"<token>","Secret":"s3cret-1"}'`);
    await config({ credsStore: "all", credHelpers: { "ghcr.io": "one" } });
    expect(await found("ghcr.io", { environment })).toEqual({ host: "ghcr.io", identityToken: "s3cret-1" });
    expect(await found("quay.io", { environment })).toMatchObject({ username: "all" });
  });

  test("that has nothing leaves it to the file", async () => {
    const environment = await program("none", "echo 'credentials not found in native keychain'; exit 1");
    await config({ credsStore: "none", auths: { "ghcr.io": { auth: basic("ann:s3cret") } } });
    expect(await found("ghcr.io", { environment })).toMatchObject({ username: "ann" });
    expect(await found("quay.io", { environment })).toBeUndefined();
  });

  test.each([
    ["prints garbage", "echo s3cret", "answered for ghcr.io with something else than credentials."],
    ["prints half", `echo '{"Username":"s3cret"}'`, "answered for ghcr.io with something else than credentials."],
    ["prints nothing", "true", "answered for ghcr.io with something else than credentials."],
    ["fails", "echo s3cret >&2; echo s3cret; exit 3", "failed for ghcr.io with code 3."],
    ["prints without end", "while echo s3cret; do :; done", "printed over 65536 bytes for ghcr.io."],
  ])("that %s is told, and nothing of what it says", async (_what, script, words) => {
    const environment = await program("odd", script);
    await config({ credHelpers: { "ghcr.io": "odd" } });
    const error: unknown = await credentials({ environment })
      .forHost("ghcr.io")
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: "CREDENTIALS_UNUSABLE",
      message: `The credential helper docker-credential-odd ${words}`,
      hint: "Try it: echo ghcr.io | docker-credential-odd get",
    });
    expect(inspect(error, { depth: 9 })).not.toContain("s3cret");
  });

  test("that hangs is ended with all that it has started", async () => {
    const mark = join(directory, "pids");
    const environment = await program("slow", `sleep 600 & echo $! $$ > ${mark}; wait`);
    await config({ credsStore: "slow" });
    await expect(found("ghcr.io", { environment, patienceMs: 3000 })).rejects.toMatchObject({
      code: "CREDENTIALS_UNUSABLE",
      message: "The credential helper docker-credential-slow did not answer for ghcr.io within 3000 ms.",
      hint: "Try it: echo ghcr.io | docker-credential-slow get",
    });
    for (const pid of (await readFile(mark, "utf8")).trim().split(" ")) {
      await expect.poll(() => isAlive(Number(pid))).toBe(false);
    }
  });

  test("is given up with the caller", async () => {
    const environment = await program("slow", "sleep 600");
    await config({ credsStore: "slow" });
    const asked = credentials({ environment }).forHost("ghcr.io", AbortSignal.abort());
    await expect(asked).rejects.toMatchObject({ code: "CANCELED" });
  });

  test("that is not installed is told with the file that names it", async () => {
    await config({ credsStore: "absent" });
    await expect(found("ghcr.io", { environment: { PATH: directory } })).rejects.toMatchObject({
      code: "CREDENTIALS_UNUSABLE",
      message: "The credential helper docker-credential-absent is not installed, though Docker's config.json names it.",
      hint: "Put docker-credential-absent on the PATH of Moorage, or remove it from credsStore and credHelpers.",
    });
  });

  test.each(["../x", "a b", "-x", "$(id)"])("is not started by the name %j", async (name) => {
    await config({ credsStore: name });
    await expect(found("ghcr.io")).rejects.toMatchObject({
      code: "CREDENTIALS_UNUSABLE",
      message: `The credential helper is named ${JSON.stringify(name)}; expected a name such as pass.`,
      hint: "Mend credsStore and credHelpers in Docker's config.json.",
    });
  });
});
