import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { IDENTITY_TOKEN } from "../../../../test/fixtures/registry/token-server.ts";
import { PASSWORD, USER } from "../../../../test/fixtures/registry/login.ts";
import { startRegistry, type RegistryWish, type TestRegistry } from "../../../../test/fixtures/registry/registry.ts";
import { dockerfileAlone } from "../../../base/dockerfile-alone.ts";
import { newId } from "../../../base/ids.ts";
import type { RegistryAuth } from "../../../base/registry-auth.ts";
import { Secret } from "../../../base/secret.ts";
import { bytesOf } from "../../../base/tar-streams.ts";
import type { ImageStore, LayerProgress } from "../../engine.ts";
import { failureOf, openDockerFixture, type DockerFixture } from "../docker-fixture.ts";
import { asRoot } from "../network/testing/as-root.ts";
import { authHeader } from "./registry-headers.ts";

let fixture: DockerFixture;
let own: string[];
let opened: AsyncDisposableStack;

beforeEach(() => {
  fixture = openDockerFixture();
  own = [];
  opened = new AsyncDisposableStack();
});
afterEach(async () => {
  for (const image of own) await images().remove(image);
  await opened.disposeAsync();
  await fixture[Symbol.asyncDispose]();
});

function images(): ImageStore {
  if (fixture.engine.images === undefined) throw new Error("The engine docker has images.");
  return fixture.engine.images;
}

async function registryOf(wish?: RegistryWish): Promise<TestRegistry> {
  return opened.use(await startRegistry(wish));
}

/** An image of the test's own with two layers, under a name in that registry. */
async function ownImage(host: string): Promise<string> {
  const tag = `${host}/team/${newId()}:1`;
  own.push(tag);
  const context = dockerfileAlone(`FROM busybox:latest\nRUN echo ${tag} > /own\n`);
  await images().build({ tag, context, labels: { "moorage.test": "1" } }, {});
  return tag;
}

const ann = (host: string, password = PASSWORD): RegistryAuth => ({
  host,
  username: USER,
  password: new Secret(password),
});

describe("a registry that lets anybody in", () => {
  test("takes an image, has its digest, and gives it back", async () => {
    const { host } = await registryOf();
    const tag = await ownImage(host);
    const built = await images().find(tag);
    const told: LayerProgress[] = [];
    const pushed = await images().push(tag, { onProgress: (progress) => void told.push(progress) });
    expect(pushed).toMatchObject({ digest: expect.stringMatching(/^sha256:/) as string, layersPushed: 2 });
    expect(pushed.sizeBytes).toBe(built?.sizeBytes);
    expect(new Set(told.map(({ layer }) => layer)).size).toBe(2);
    expect(told.filter(({ status }) => status === "done")).toHaveLength(2);
    expect(await images().confirm(tag, {})).toBe(pushed.digest);
    await images().remove(tag);
    const seen: LayerProgress[] = [];
    const pulled = await images().pull(tag, { onProgress: (progress) => void seen.push(progress) });
    expect(pulled).toEqual({ ...built, digest: pushed.digest, pulled: true });
    expect(seen.map(({ status }) => status)).toContain("done");
    expect(await images().pull(tag, {})).toEqual({ ...pulled, pulled: false });
  });

  test("is sent no layer of an image that it has", async () => {
    const { host, requests } = await registryOf();
    const tag = await ownImage(host);
    const { digest } = await images().push(tag, {});
    const before = requests().length;
    const again = await images().push(tag, {});
    expect(again).toMatchObject({ digest, layersPushed: 0, layersReused: 2 });
    const sent = requests().slice(before);
    expect(sent.some((line) => line.startsWith("PUT /v2/"))).toBe(true);
    expect(sent.filter((line) => line.includes("/blobs/uploads"))).toEqual([]);
  });

  test("has it for one platform alone: asked for another, nothing is left, and nothing is taken away", async () => {
    const { host } = await registryOf();
    const tag = await ownImage(host);
    await images().push(tag, {});
    await images().remove(tag);
    const message = `The image ${tag} is not there for linux/s390x: its registry has it for linux/amd64.`;
    const refused = { code: "IMAGE_NOT_FOUND", message, hint: "Leave the platform out, or name another image." };
    expect(await failureOf(images().pull(tag, { platform: "linux/s390x" }))).toMatchObject(refused);
    expect(await images().find(tag)).toBeUndefined();
    expect(await images().tag("busybox:latest", tag)).toBe(true);
    const before = await images().find(tag);
    expect(await failureOf(images().pull(tag, { platform: "linux/s390x" }))).toMatchObject(refused);
    expect(await images().find(tag)).toMatchObject({ id: before?.id });
    expect(await images().pull(tag, { platform: "linux/amd64" })).toMatchObject({ pulled: true });
  });

  test("a digest is no place to push to, and what is not here is not pushed", async () => {
    const digest = `sha256:${"0".repeat(64)}`;
    expect(await failureOf(images().push(`127.0.0.1:1/a@${digest}`, {}))).toMatchObject({
      code: "INVALID_INPUT",
      message: `"127.0.0.1:1/a@${digest}" names content; expected a tag to push to, such as registry.example/app:1.`,
      hint: "Leave out the part from @ on, and name a tag.",
    });
    const gone = `127.0.0.1:1/${newId()}:1`;
    for (const work of [() => images().push(gone, {}), () => images().tag(gone, "x.example/y:1")]) {
      expect(await failureOf(work)).toMatchObject({
        code: "IMAGE_NOT_FOUND",
        message: `The engine has no image ${gone}.`,
      });
    }
  });
});

// The engine is given a CA in /etc.
asRoot(() => {
  describe("a registry with a login, over TLS by a CA of its own", () => {
    test("lets in who has the password, and nobody else", async () => {
      const { host } = await registryOf({ login: "basic", tls: "trusted" });
      const tag = await ownImage(host);
      const { digest } = await images().push(tag, { auth: ann(host) });
      expect(await images().confirm(tag, { auth: ann(host) })).toBe(digest);
      expect(await images().pull(tag, { auth: ann(host) })).toMatchObject({ digest, pulled: false });
      const without = {
        code: "REGISTRY_DENIED",
        hint: `Log in with \`docker login ${host}\`, or give it a profile under \`registries\`; docs/registries.md shows how.`,
      };
      expect(await failureOf(images().pull(tag, {}))).toMatchObject({
        ...without,
        message: `The registry ${host} lets nobody pull ${tag} without a login, and Moorage has none for it.`,
      });
      expect(await failureOf(images().push(tag, {}))).toMatchObject({
        ...without,
        message: `The registry ${host} lets nobody push ${tag} without a login, and Moorage has none for it.`,
      });
      expect(await failureOf(images().confirm(tag, {}))).toMatchObject(without);
      const wrong = await failureOf(images().pull(tag, { auth: ann(host, "battery staple") }));
      expect(wrong.code).toBe("REGISTRY_DENIED");
      expect(wrong.message).toContain(`The registry ${host} does not let the user "ann" pull ${tag}: `);
      const denied = await failureOf(images().push(tag, { auth: ann(host, "battery staple") }));
      expect(denied).toMatchObject({
        code: "REGISTRY_DENIED",
        message: expect.stringContaining(`The registry ${host} does not let the user "ann" push ${tag}: `) as string,
      });
      expect(`${JSON.stringify(wrong)}${wrong.message}${denied.message}`).not.toContain("battery");
    });

    test.each([
      ["unknown", "certificate signed by unknown authority"],
      ["expired", "certificate has expired"],
    ] as const)("whose certificate is %s is not trusted", async (tls, words) => {
      const { host } = await registryOf({ login: "basic", tls });
      const tag = await ownImage(host);
      for (const work of [
        () => images().pull(tag, { auth: ann(host) }),
        () => images().push(tag, { auth: ann(host) }),
        () => images().confirm(tag, { auth: ann(host) }),
      ]) {
        const { code, message, hint } = await failureOf(work);
        expect(code).toBe("REGISTRY_UNTRUSTED");
        expect(message).toContain(`The engine does not trust the registry ${host}: `);
        expect(message).toContain(words);
        expect(hint).toBe(
          `Put its CA at /etc/docker/certs.d/${host}/ca.crt on the engine's host; one that has expired is for the registry to renew.`,
        );
      }
    });
  });
});

describe("a registry that asks for tokens", () => {
  test("is given what its token server has for the user, for this repository alone", async () => {
    const { host, tokens } = await registryOf({ login: "token" });
    const tag = await ownImage(host);
    const { digest } = await images().push(tag, { auth: ann(host) });
    const path = tag.slice(host.length + 1, -2);
    expect(new Set(tokens?.granted)).toEqual(new Set([`repository:${path}:push,pull`]));
    expect(await images().confirm(tag, { auth: ann(host) })).toBe(digest);
    expect((await failureOf(images().push(tag, { auth: ann(host, "battery staple") }))).code).toBe("REGISTRY_DENIED");
    expect((await failureOf(images().push(tag, {}))).code).toBe("REGISTRY_DENIED");
  });

  test("that lets one pull alone denies a push in a line of the engine's stream, which began well", async () => {
    const { host } = await registryOf({ login: "reader" });
    const tag = await ownImage(host);
    const path = `/images/${tag.slice(0, -2)}/push`;
    const head = { method: "POST", path, query: { tag: "1" }, headers: authHeader(ann(host)) } as const;
    const lines: string[] = [];
    for await (const line of bytesOf(await fixture.api.stream(head))) lines.push(Buffer.from(line).toString());
    expect(lines.join("")).toContain('"errorDetail":{"message":"denied: requested access to the resource is denied"}');
    const { code, message, hint } = await failureOf(images().push(tag, { auth: ann(host) }));
    expect({ code, message, hint }).toEqual({
      code: "REGISTRY_DENIED",
      message: `The registry ${host} does not let the user "ann" push ${tag}: denied: requested access to the resource is denied`,
      hint: "Check the user, the password or token, and what they may do there; docs/registries.md tells where they are looked for.",
    });
  });

  test("exchanges an identity token", async () => {
    const { host } = await registryOf({ login: "token" });
    const tag = await ownImage(host);
    const { digest } = await images().push(tag, { auth: { host, identityToken: new Secret(IDENTITY_TOKEN) } });
    expect(await images().confirm(tag, { auth: ann(host) })).toBe(digest);
    const wrong = await failureOf(images().push(tag, { auth: { host, identityToken: new Secret("identity-none") } }));
    expect(wrong.code).toBe("REGISTRY_DENIED");
    expect(wrong.message).toContain(`The registry ${host} does not let the token that it was shown push ${tag}: `);
  });
});
