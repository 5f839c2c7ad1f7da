import { execFile } from "node:child_process";
import { connect } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { createClient } from "../../src/sdk/index.ts";
import { openHome, type Home } from "../fixtures/command-line.ts";
import { resultOf } from "../fixtures/memory-domain.ts";
import { startServer, type RunningServer } from "../fixtures/running-server.ts";

const onFreePort = { env: { MOORAGE_LISTEN: "127.0.0.1:0" } };

function urlOf(server: RunningServer): string {
  const [, url] = /Listening on (http:\S+), with a key/.exec(server.told()) ?? [];
  if (url === undefined) throw new Error(`The server tells no URL: ${server.told()}`);
  return url;
}

function firstKeyOf(server: RunningServer): string | undefined {
  return /shown this once: (moorage_\S+)/.exec(server.told())?.[1];
}

async function made(home: Home, ...flags: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await home.moorage(["key", "create", ...flags]);
  expect(stderr).toContain("It is shown this once.");
  expect(code).toBe(0);
  return stdout.trim();
}

describe("a server on TCP", () => {
  it("shows the first administrator's key once, by which the SDK and the command line get in", async () => {
    await using home = await openHome();
    const { url, key } = await (async () => {
      await using server = await startServer(home, onFreePort);
      return { url: urlOf(server), key: firstKeyOf(server) ?? "" };
    })();
    expect(key).toMatch(/^moorage_/);
    await using server = await startServer(home, { env: { MOORAGE_LISTEN: new URL(url).host } });
    expect(firstKeyOf(server)).toBeUndefined();
    const sdk = createClient({ baseUrl: url, key });
    const { id } = await sdk.sandbox.create({ name: "remote", image: "busybox:latest" });
    expect(await resultOf(sdk.sandbox.exec({ id, command: ["echo", "ahoy"] }))).toMatchObject({ stdout: "ahoy\n" });
    const env = { MOORAGE_URL: url, MOORAGE_KEY: key };
    const cli = await home.moorage(["sandbox", "exec", "remote", "--", "echo", "from the command line"], { env });
    expect(cli).toMatchObject({ code: 0, stdout: "from the command line\n" });
    const { items } = await server.sdk.receipt.list({});
    const [keyOfReceipt] = new Set(items.map((receipt) => receipt.key));
    expect(keyOfReceipt).toBe(key.split("_")[1]);
    await sdk.sandbox.remove({ id });
  });

  it("lets nobody in without a key, with a wrong one, or with one that was revoked", async () => {
    await using home = await openHome();
    await using server = await startServer(home, onFreePort);
    const url = urlOf(server);
    const key = await made(home, "--name", "ci");
    const env = { MOORAGE_URL: url };
    const without = await home.moorage(["sandbox", "ls"], { env });
    expect(without).toMatchObject({ code: 1, stdout: "" });
    expect(without.stderr).toBe(
      [
        "error: This needs an API key, and the request shows none.",
        "hint: Send a key as `authorization: Bearer KEY`, or set MOORAGE_KEY; `moorage key create` makes one.",
        "",
      ].join("\n"),
    );
    expect(await home.moorage(["sandbox", "ls"], { env: { ...env, MOORAGE_KEY: key } })).toMatchObject({ code: 0 });
    await home.moorage(["key", "revoke", key.split("_")[1] ?? ""]);
    const revoked = await home.moorage(["sandbox", "ls"], { env: { ...env, MOORAGE_KEY: key } });
    expect(revoked.stderr).toContain("was revoked at");
    expect(`${server.told()}${without.stderr}${revoked.stderr}`).not.toContain(key);
  });

  it("is asked by no name that a page may have pointed here", async () => {
    await using home = await openHome();
    await using server = await startServer(home, onFreePort);
    const port = Number(new URL(urlOf(server)).port);
    const socket = connect(port, "127.0.0.1");
    socket.write("GET /openapi.json HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    const [head] = (await once(socket, "data")) as [Buffer];
    expect(head.toString()).toMatch(/^HTTP\/1\.1 421 /);
    socket.destroy();
  });

  it("does not start where its address is taken, and leaves its sockets to nobody", async () => {
    await using home = await openHome();
    await using server = await startServer(home, onFreePort);
    await using other = await openHome();
    const taken = await other.moorage(["serve", "--engine", "docker", "--listen", new URL(urlOf(server)).host]);
    expect(taken.code).toBe(1);
    expect(taken.stderr).toContain(`error: Something is listening at ${new URL(urlOf(server)).host} already.`);
    const bad = await other.moorage(["serve", "--engine", "docker", "--listen", "7070"]);
    expect(bad).toMatchObject({ code: 2 });
    expect(bad.stderr).toContain('listen: expected HOST:PORT, such as 127.0.0.1:7070 or [::1]:7070, got "7070".');
  });
});

/** What an agent would do that has no library: each line of its answers has the status and the body. */
const AGENT = `
import http.client, json, os, socket, sys
class Door(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect("/run/moorage/agent.sock")
def ask(method, path, body=None, key=os.environ.get("MOORAGE_KEY")):
    door = Door("localhost")
    headers = {"content-type": "application/json"}
    if key: headers["authorization"] = "Bearer " + key
    door.request(method, path, json.dumps(body) if body is not None else None, headers)
    answer = door.getresponse()
    text = answer.read().decode()
    return answer.status, text
other = sys.argv[1]
status, text = ask("POST", "/v1/sandboxes", {"name": "own", "image": "busybox:latest"})
made = json.loads(text)
ran = ask("POST", "/v1/sandboxes/own/exec", {"command": ["echo", "from the agent"]})
listed = json.loads(ask("GET", "/v1/sandboxes")[1])
print(json.dumps({
  "create": [status, made["owner"]],
  "exec": [ran[0], json.loads(ran[1].strip().splitlines()[-1])["result"]["stdout"]],
  "list": [item["name"] for item in listed["items"]],
  "other": [ask(method, "/v1/sandboxes/" + other + path, body)[0] for method, path, body in [
    ("GET", "", None), ("DELETE", "", None), ("POST", "/exec", {"command": ["true"]}), ("POST", "/stop", {}),
    ("GET", "/archive?path=.", None)]],
  "tooMuch": ask("POST", "/v1/sandboxes", {"image": "busybox:latest", "memoryBytes": 256 << 20})[0],
  "keys": ask("POST", "/v1/keys", {})[0],
  "hostDirectory": ask("POST", "/v1/sandboxes", {"image": "busybox:latest", "workspace": "/tmp"})[0],
  "withoutKey": ask("GET", "/v1/sandboxes", key=None)[0],
  "remove": ask("DELETE", "/v1/sandboxes/own")[0],
}))
`;

describe("an agent in a container", () => {
  it("with its key on the agents' socket has its own sandboxes, and can touch nothing else", async () => {
    await using home = await openHome();
    await using server = await startServer(home);
    const users = await server.sdk.sandbox.create({ name: "users", image: "busybox:latest" });
    const { key } = await server.sdk.key.create({ agent: "builder", memoryBytes: 64 * 1024 * 1024 });
    const directory = join(home.path, "run", "agent");
    const { stdout } = await promisify(execFile)(
      "docker",
      [
        ...["run", "--rm", "--network", "none", "--user", "1000:1000", "-e", "MOORAGE_KEY"],
        ...["-v", `${directory}:/run/moorage:ro`, "python:3.11-slim", "python", "-c", AGENT, users.id],
      ],
      { env: { ...process.env, MOORAGE_KEY: key } },
    );
    expect(JSON.parse(stdout)).toEqual({
      create: [200, "local.builder"],
      exec: [200, "from the agent\n"],
      list: ["own"],
      other: [404, 404, 404, 404, 404],
      tooMuch: 422,
      keys: 403,
      hostDirectory: 403,
      withoutKey: 401,
      remove: 200,
    });
    expect((await server.sdk.sandbox.list({})).items.map(({ name }) => name)).toEqual(["users"]);
    const env = { MOORAGE_URL: `unix://${join(directory, "agent.sock")}`, MOORAGE_KEY: key };
    const whoami = await home.moorage(["auth", "whoami"], { env });
    expect(whoami.stdout).toContain("local.builder, an agent");
    await server.sdk.sandbox.remove({ id: users.id });
  });
});
