import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { tcpTimers } from "../../../../test/fixtures/tcp-timers.ts";
import { createConnector } from "./connector.ts";

it("a silent connection to another machine is asked whether that is still there", async () => {
  await using cleaning = new AsyncDisposableStack();
  const silent = createServer((client) => void client.on("error", () => client.destroy()).resume());
  silent.listen(0, "127.0.0.1");
  await once(silent, "listening");
  cleaning.defer(() => void silent.close());
  const { port } = silent.address() as AddressInfo;
  const connector = cleaning.use(createConnector({ host: "127.0.0.1", port }));
  const begin = await connector.open();
  const sent = begin({ path: "/events" });
  sent.on("error", () => undefined).end();
  cleaning.defer(() => void sent.destroy());
  await expect.poll(() => tcpTimers(port)).toEqual(["keep-alive"]);
});
