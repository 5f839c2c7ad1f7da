import { expect, test } from "vitest";
import { createApiFixture } from "./testing/api-fixture.ts";
import { serveOnAddress } from "./serve-on-address.ts";

const loopback = (port: number) => ({ host: "127.0.0.1", port });

test("a server on TCP answers at its address, until it is disposed", async () => {
  const { app, logger } = createApiFixture();
  const server = await serveOnAddress({ app, logger, address: loopback(0) });
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  await server[Symbol.asyncDispose]();
  await expect(fetch(`${server.url}/healthz`)).rejects.toThrow("fetch failed");
});

test("an address that is taken is told, with another to try", async () => {
  const { app, logger } = createApiFixture();
  await using server = await serveOnAddress({ app, logger, address: loopback(0) });
  const port = Number(new URL(server.url).port);
  await expect(serveOnAddress({ app, logger, address: loopback(port) })).rejects.toMatchObject({
    code: "CONFLICT",
    message: `Something is listening at 127.0.0.1:${port} already.`,
    hint: "Name another address with --listen, such as 127.0.0.1:7071, or `--listen none` for the sockets alone.",
  });
});

test("an address that this machine has not is told", async () => {
  const { app, logger } = createApiFixture();
  await expect(serveOnAddress({ app, logger, address: { host: "192.0.2.1", port: 0 } })).rejects.toMatchObject({
    code: "INVALID_INPUT",
    message: "The server cannot listen at 192.0.2.1:0: this machine has no such address.",
  });
});
