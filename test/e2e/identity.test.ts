import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { request, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createClient } from "../../src/sdk/index.ts";
import { openHome } from "../fixtures/command-line.ts";
import { startServer, type RunningServer } from "../fixtures/running-server.ts";
import { AUDIENCE, startTokenIssuer } from "../fixtures/token-issuer.ts";

function urlOf(server: RunningServer): string {
  return /Listening on (http:\S+), with a key/.exec(server.told())?.[1] ?? "";
}

const env = { MOORAGE_LISTEN: "127.0.0.1:0" };

describe("a server that trusts an identity provider", () => {
  it("keeps the sandboxes of its users apart, and lets nobody in by a token that is not good", async () => {
    await using issuer = await startTokenIssuer();
    await using home = await openHome();
    const configuration = { identity: { issuers: [{ issuer: issuer.url, audience: [AUDIENCE] }] } };
    await using server = await startServer(home, { env, configuration });
    const baseUrl = urlOf(server);
    const tokens = { alice: await issuer.sign(), bob: await issuer.sign({ sub: "bob" }) };
    const alice = createClient({ baseUrl, key: tokens.alice });
    const bob = createClient({ baseUrl, key: tokens.bob });
    const { id, owner } = await alice.sandbox.create({ name: "web", image: "busybox:latest" });
    expect(owner).toBe("alice");
    await expect(bob.sandbox.get({ id })).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect((await bob.sandbox.list({})).items).toEqual([]);
    expect((await alice.sandbox.list({})).items.map((item) => item.id)).toEqual([id]);
    const expired = await issuer.sign({ exp: 1_700_000_000 });
    await expect(createClient({ baseUrl, key: expired }).sandbox.list({})).rejects.toMatchObject({
      code: "UNAUTHENTICATED",
      message: expect.stringContaining("The token expired at 2023-11-14T22:13:20.000Z; it is ") as string,
    });
    const cli = await home.moorage(["sandbox", "ls"], { env: { MOORAGE_URL: baseUrl, MOORAGE_KEY: tokens.alice } });
    expect(cli).toMatchObject({ code: 0, stdout: expect.stringContaining("web") as string });
    await alice.sandbox.remove({ id });
    for (const token of [...Object.values(tokens), expired]) {
      for (const part of token.split(".")) expect(server.told()).not.toContain(part);
    }
  });

  it("explains a token that is read from standard input or a file, and none that stands in the command line", async () => {
    await using issuer = await startTokenIssuer();
    await using home = await openHome();
    const configuration = { identity: { issuers: [{ issuer: issuer.url, audience: [AUDIENCE] }] } };
    await using _server = await startServer(home, { env, configuration });
    const token = await issuer.sign();
    const good = await home.moorage(["auth", "check", "--token", "-"], { input: `${token}\n` });
    const [kid] = issuer.keys.map((key) => key.kid);
    expect(good).toMatchObject({ code: 0 });
    expect(good.stdout.replaceAll(/\d{4}-\S+Z/g, "TIME").replaceAll(issuer.url, "ISSUER")).toBe(
      [
        "✔ form: The token is a signed JWT.",
        '✔ issuer: The token is of the issuer "ISSUER".',
        '✔ algorithm: The token\'s algorithm is "RS256".',
        `✔ signature: The token is signed by the key "${kid}".`,
        `✔ audience: The token is for the audience "${AUDIENCE}".`,
        "✔ time: The token is valid until TIME.",
        '✔ user: The token is of "alice".',
        "✔ owner: The token lets in alice as member, who has not been here before.",
        "",
        "✔ The token opens this server for alice, with the role member.",
        "",
      ].join("\n"),
    );
    const path = join(home.root, "token");
    await writeFile(path, await issuer.sign({ aud: "wiki" }), { mode: 0o600 });
    const bad = await home.moorage(["auth", "check", "--token", path]);
    expect(bad.code).toBe(1);
    expect(bad.stdout).toContain(`✖ audience: The token is for the audience "wiki", expected "${AUDIENCE}".`);
    const typed = await home.moorage(["auth", "check", "--token", token]);
    expect(typed).toMatchObject({ code: 2, stdout: "" });
    expect(typed.stderr).toContain("--token: expected a file or -, got what seems to be the token itself");
    expect(`${good.stdout}${bad.stdout}${typed.stderr}`).not.toContain(token.slice(0, 20));
  });
});

describe("a server behind a trusted proxy", () => {
  const secret = "0123456789abcdef0123456789abcdef";
  const header = "x-cognito-user-id";

  it("takes whom a request is of from the proxy alone, and from one header", async () => {
    await using home = await openHome();
    const secretFile = join(home.root, "proxy-secret");
    await writeFile(secretFile, secret, { mode: 0o600 });
    const configuration = { identity: { proxy: { header, secretFile } } };
    await using server = await startServer(home, { env, configuration });
    const ask = async (headers: Readonly<Record<string, string | string[]>>): Promise<[number, string]> => {
      const sent = request(`${urlOf(server)}/v1/whoami`, { headers }).end();
      const [response] = (await once(sent, "response")) as [IncomingMessage];
      const text = Buffer.concat(await Array.fromAsync(response as AsyncIterable<Buffer>)).toString();
      const { owner = "nobody" } = JSON.parse(text) as { owner?: string };
      return [response.statusCode ?? 0, owner];
    };
    const proof = { "x-moorage-proxy": secret };
    expect(await ask({ ...proof, [header]: "alice" })).toEqual([200, "alice"]);
    expect(await ask({ ...proof, "X-Cognito-User-Id": "bob" })).toEqual([200, "bob"]);
    const refused = [401, "nobody"];
    expect(await ask({ [header]: "alice" })).toEqual(refused);
    expect(await ask({ [header]: "alice", "x-moorage-proxy": `${secret.slice(1)}0` })).toEqual(refused);
    expect(await ask({ ...proof, [header]: ["alice", "bob"] })).toEqual(refused);
    expect(await ask({ [header]: "alice", "x-moorage-proxy": ["x", secret] })).toEqual(refused);
    // A key is judged by itself, whatever stands beside it.
    const { key } = await server.sdk.key.create({});
    expect(await ask({ authorization: `Bearer ${key}`, [header]: "alice" })).toEqual([200, "local"]);
    expect(server.told()).not.toContain(secret);
  });

  it("does not start with a secret that others can read", async () => {
    await using home = await openHome();
    const secretFile = join(home.root, "proxy-secret");
    await writeFile(secretFile, secret, { mode: 0o644 });
    const configuration = { identity: { proxy: { header, secretFile } } };
    await expect(startServer(home, { env, configuration })).rejects.toThrow(
      `identity.proxy.secretFile: "${secretFile}": expected the mode 0600, got 0644.`,
    );
  });
});
