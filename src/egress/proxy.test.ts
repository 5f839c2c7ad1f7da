import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import {
  connectThrough,
  echoThrough,
  getThrough,
  openProxyFixture,
  openTcp,
  openTlsEcho,
  openWeb,
  secureThrough,
} from "./testing/proxy-fixture.ts";

describe("a tunnel", () => {
  it("to an allowed host carries TLS both ways, and is told", async () => {
    await using upstream = await openTlsEcho();
    await using fixture = await openProxyFixture(`example.org:${upstream.port}`);
    const { status, socket } = await connectThrough(fixture.proxy, `example.org:${upstream.port}`);
    expect(status).toBe(200);
    expect(await echoThrough(socket, "example.org", "hello ".repeat(50_000))).toBe("hello ".repeat(50_000));
    expect(fixture.decisions).toMatchObject([
      { host: "example.org", port: upstream.port, allowed: true, reason: null },
    ]);
  });

  it.each([
    ["other.example:443", 403, "other.example is not in the allow list"],
    ["example.org:22", 403, "port 22 of example.org is not allowed"],
    ["127.0.0.1:443", 403, "127.0.0.1 is no host name; addresses are not reached by number"],
    ["[::1]:443", 403, "[::1] is no host name; addresses are not reached by number"],
    ["2130706433:443", 403, "2130706433 is no host name; addresses are not reached by number"],
    ["example.org", 403, " is no host name; addresses are not reached by number"],
  ])("to %s is refused with %i", async (target, expected, reason) => {
    await using fixture = await openProxyFixture("example.org,*.example.net");
    const { status, body } = await connectThrough(fixture.proxy, target);
    expect(status).toBe(expected);
    expect(await body()).toBe(`Moorage: ${reason}.\n`);
    expect(fixture.decisions).toMatchObject([{ allowed: false, reason }]);
  });

  it("to a name that leads to a private address is refused, also beside a public one", async () => {
    const reach = { resolve: () => Promise.resolve(["10.0.0.1", "169.254.169.254"]) };
    await using fixture = await openProxyFixture("example.org", reach);
    const { status, body } = await connectThrough(fixture.proxy, "example.org:443");
    expect([status, await body()]).toEqual([403, "Moorage: example.org leads to 10.0.0.1, which is not public.\n"]);
    await using upstream = await openTlsEcho();
    const mixed = { resolve: () => Promise.resolve(["10.0.0.1", "127.0.0.1"]) };
    await using other = await openProxyFixture(`example.org:${upstream.port}`, mixed);
    const tunnel = await connectThrough(other.proxy, `example.org:${upstream.port}`);
    expect(await echoThrough(tunnel.socket, "example.org", "pinned")).toBe("pinned");
  });

  it("to a name that does not exist, or a host that does not answer, is 502", async () => {
    const reach = { resolve: () => Promise.reject(Object.assign(new Error("no"), { code: "ENOTFOUND" })) };
    await using fixture = await openProxyFixture("example.org", reach);
    const missing = await connectThrough(fixture.proxy, "example.org:443");
    expect([missing.status, await missing.body()]).toEqual([
      502,
      "Moorage: example.org cannot be looked up: ENOTFOUND.\n",
    ]);
    const closed = await openTlsEcho();
    await closed[Symbol.asyncDispose]();
    await using deaf = await openProxyFixture(`example.org:${closed.port}`);
    const unanswered = await connectThrough(deaf.proxy, `example.org:${closed.port}`);
    expect(unanswered.status).toBe(502);
    expect(await unanswered.body()).toContain("cannot be reached: ECONNREFUSED");
    expect(deaf.decisions).toMatchObject([{ allowed: true }]);
  });

  it.each([
    ["another server name", "other.example", "the TLS server name is other.example, not example.org"],
    ["no server name", "", "the TLS hello to example.org has no server name"],
  ])("with %s is cut before the host gets a byte", async (_what, servername, reason) => {
    let received = 0;
    await using upstream = await openTcp((socket) => socket.on("data", (bytes: Buffer) => (received += bytes.length)));
    await using fixture = await openProxyFixture(`example.org:${upstream.port}`);
    const { socket } = await connectThrough(fixture.proxy, `example.org:${upstream.port}`);
    await expect(echoThrough(socket, servername, "hello")).rejects.toThrow(/unrecognized name/);
    expect(fixture.decisions).toMatchObject([{ allowed: false, reason }]);
    expect(received).toBe(0);
  });

  it("with something else than TLS is cut", async () => {
    await using upstream = await openTcp(() => undefined);
    await using fixture = await openProxyFixture(`example.org:${upstream.port}`);
    const { socket } = await connectThrough(fixture.proxy, `example.org:${upstream.port}`);
    socket.write("GET / HTTP/1.1\r\nhost: other.example\r\n\r\n");
    await text(socket);
    expect(fixture.decisions).toMatchObject([{ allowed: false, reason: "what is sent to example.org is not TLS" }]);
  });

  it("ends when a change of the list takes its host away, and with its proxy", async () => {
    await using upstream = await openTlsEcho();
    const [one, both] = [`example.net:${upstream.port}`, `example.org:${upstream.port},example.net:${upstream.port}`];
    const fixture = await openProxyFixture(both);
    const [taken, kept] = await Promise.all(
      ["example.org", "example.net"].map(async (host) => {
        const { socket } = await connectThrough(fixture.proxy, `${host}:${upstream.port}`);
        await secureThrough(socket, host);
        return socket;
      }),
    );
    if (taken === undefined || kept === undefined) throw new Error("There are two tunnels.");
    fixture.allow(one);
    const closed = once(taken, "close");
    await fixture.proxy.recheck();
    await closed;
    expect(kept.destroyed).toBe(false);
    const ended = once(kept, "close");
    await fixture[Symbol.asyncDispose]();
    await ended;
  });

  it("of a unit that is gone is refused", async () => {
    await using fixture = await openProxyFixture("example.org");
    fixture.allow(undefined);
    expect((await connectThrough(fixture.proxy, "example.org:443")).status).toBe(403);
  });
});

describe("a plain request", () => {
  it("is passed on with its body, its own host and without what is for the proxy", async () => {
    await using upstream = await openWeb();
    await using fixture = await openProxyFixture(`example.org:${upstream.port}`);
    const answer = await getThrough(fixture.proxy, `http://example.org:${upstream.port}/a/../b?c=1`, {
      headers: {
        host: "other.example",
        "proxy-authorization": "secret",
        connection: "x-mine",
        "x-mine": "1",
        "x-kept": "2",
      },
      body: "content",
    });
    expect(answer.status).toBe(200);
    expect(answer.headers["x-from"]).toBe("upstream");
    const seen = JSON.parse(answer.body) as { method: string; url: string; body: string; rawHeaders: string[] };
    expect(seen).toMatchObject({ method: "POST", url: "/a/../b?c=1", body: "content" });
    const names = seen.rawHeaders.map((header) => header.toLowerCase());
    expect(names).toContain("x-kept");
    expect(names).toContain(`example.org:${upstream.port}`);
    for (const name of ["x-mine", "proxy-authorization", "other.example"]) expect(names).not.toContain(name);
  });

  it.each([
    ["http://other.example/", 403, "other.example is not in the allow list"],
    ["http://127.0.0.1/", 403, "127.0.0.1 is no host name; addresses are not reached by number"],
    ["http://example.org:22/", 403, "port 22 of example.org is not allowed"],
    ["/just/a/path", 400, "this is a proxy: it takes CONNECT, and http:// targets in full"],
    ["https://example.org/", 400, "this is a proxy: it takes CONNECT, and http:// targets in full"],
    ["http://user@example.org/", 400, "this is a proxy: it takes CONNECT, and http:// targets in full"],
  ])("to %s is %i", async (target, status, reason) => {
    await using fixture = await openProxyFixture("example.org");
    expect(await getThrough(fixture.proxy, target)).toMatchObject({ status, body: `Moorage: ${reason}.\n` });
  });

  it("that follows on the same connection is judged too", async () => {
    await using upstream = await openWeb();
    await using fixture = await openProxyFixture(`example.org:${upstream.port}`);
    const socket = connect(fixture.proxy.port, "127.0.0.1");
    const line = (host: string): string => `GET http://${host}:${upstream.port}/ HTTP/1.1\r\nhost: ${host}\r\n\r\n`;
    socket.write(line("example.org") + line("other.example"));
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 [^]*HTTP\/1\.1 403 Forbidden/);
    const told = fixture.decisions.map(({ host, allowed }) => `${host}: ${allowed}`);
    expect(told.toSorted()).toEqual(["example.org: true", "other.example: false"]);
  });

  it("with a head beyond its cap is refused", async () => {
    await using fixture = await openProxyFixture("example.org");
    const headers = { "x-long": "a".repeat(20_000) };
    expect((await getThrough(fixture.proxy, "http://example.org/", { headers })).status).toBe(431);
  });
});

it("whoever is not the unit is not served", async () => {
  await using fixture = await openProxyFixture("example.org");
  const socket = connect({ port: fixture.proxy.port, host: "127.0.0.1", localAddress: "127.0.0.2" });
  socket.write("CONNECT example.org:443 HTTP/1.1\r\n\r\n");
  socket.on("error", () => socket.destroy());
  await once(socket, "close");
  expect(fixture.decisions).toEqual([]);
});
