import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newId } from "../../src/base/ids.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { keepOnce } from "../../src/domain/network/keep-networks.ts";
import { createEgress } from "../../src/egress/egress.ts";
import { createDockerEngine, parseDockerHost } from "../../src/engine/docker/docker-engine.ts";
import { asRoot } from "../../src/engine/docker/network/testing/as-root.ts";
import type { Engine } from "../../src/engine/engine.ts";
import { createUnitLabels } from "../../src/engine/unit-labels.ts";
import { openMemoryDomain, resultOf, type MemoryDomain } from "../fixtures/memory-domain.ts";

/** Names lead to this machine, whose loopback counts as the internet here. */
const reach = {
  resolve: (host: string) => Promise.resolve([host.endsWith(".private") ? "10.0.0.1" : "127.0.0.1"]),
  isPublic: (address: string) => address === "127.0.0.1",
};
const image = "busybox:latest";

asRoot(() => {
  describe("what a sandbox with an allow list reaches", () => {
    let engine: Engine;
    let domain: MemoryDomain;
    let port: number;
    const server = createServer((request, response) => response.end(`hello to ${request.headers.host}\n`));

    beforeAll(async () => {
      engine = createDockerEngine({
        endpoint: parseDockerHost(undefined),
        labels: createUnitLabels(newId(), randomBytes(32)),
        logger: silentLogger,
      });
      domain = openMemoryDomain({ engine, egress: createEgress({ logger: silentLogger, reach }) });
      server.listen(0, "0.0.0.0");
      await once(server, "listening");
      port = (server.address() as AddressInfo).port;
    });
    afterAll(async () => {
      await domain.context.egress[Symbol.asyncDispose]();
      for (const unit of await engine.list()) await engine.remove(unit.id);
      await engine[Symbol.asyncDispose]();
      await domain[Symbol.asyncDispose]();
      server.close();
    });

    /** A shell line that asks the proxy as programs do, and prints the end of the answer's head and its body. */
    const get = (host: string): string => {
      const head = `GET http://${host}:${port}/ HTTP/1.1\\r\\nhost: ${host}\\r\\nconnection: close\\r\\n\\r\\n`;
      const ask = "nc -w 10 ${at%:*} ${at#*:} | tail -n 1";
      // Its input stays open until the answer is there: a client that has ended its side gets none.
      return `at=\${http_proxy#http://}; [ -p /tmp/hold ] || mkfifo /tmp/hold; { printf '${head}'; cat /tmp/hold; } | { ${ask}; : >/tmp/hold; }`;
    };

    it("is the allowed names, through the proxy and by no way beside it", async () => {
      const list = `allow:example.org:${port},*.home.private:${port}`;
      // The proxy's own address is the host's: its other ports stay closed.
      const direct = `gateway=\${http_proxy#http://}; nc -w 3 \${gateway%:*} ${port} </dev/null && echo open`;
      const script = [get("example.org"), get("example.net"), get("a.home.private"), direct].join("; ");
      const result = await resultOf(domain.platform.job.run({ command: ["sh", "-c", script], network: list, image }));
      const [allowed, other, hidden, ...rest] = result.stdout.trim().split("\n");
      expect(allowed).toBe(`hello to example.org:${port}`);
      expect([other, hidden]).toEqual([
        "Moorage: example.net is not in the allow list.",
        "Moorage: a.home.private leads to 10.0.0.1, which is not public.",
      ]);
      expect(rest.join("")).not.toContain("open");
      expect(result.network).toBe(list);
      const { items } = await domain.platform.network.log({ id: result.sandboxId });
      expect(items.map(({ host, allowed: passed, reason }) => [host, passed, reason])).toEqual([
        ["a.home.private", false, "a.home.private leads to 10.0.0.1, which is not public"],
        ["example.net", false, "example.net is not in the allow list"],
        ["example.org", true, null],
      ]);
    });

    it("changes with its list at once, survives the proxy's process, and is not another sandbox's", async () => {
      const [one, other] = await Promise.all(
        ["example.org", "example.net"].map((host) =>
          domain.platform.sandbox.create({ network: `allow:${host}:${port}`, image }),
        ),
      );
      if (one === undefined || other === undefined) throw new Error("There are two sandboxes.");
      const printed = async (id: string, script: string): Promise<string> =>
        (await resultOf(domain.platform.sandbox.exec({ id, command: ["sh", "-c", script] }))).stdout;
      expect(await printed(one.id, get("example.net"))).toContain("is not in the allow list");
      await domain.platform.network.set({ id: one.id, network: `allow:example.net:${port}` });
      expect(await printed(one.id, get("example.net"))).toContain(`hello to example.net:${port}`);
      expect(await printed(one.id, get("example.org"))).toContain("is not in the allow list");

      const proxy = (await printed(other.id, "echo $http_proxy")).trim();
      expect(proxy).toMatch(/^http:\/\/10\./);
      expect(await printed(one.id, `http_proxy=${proxy}; ${get("example.net")}`)).not.toContain("hello");

      await domain.context.egress.close(one.id);
      await keepOnce(domain.context);
      expect(domain.context.egress.isOpen(one.id)).toBe(true);
      expect(await printed(one.id, get("example.net"))).toContain(`hello to example.net:${port}`);
      await domain.platform.sandbox.remove({ id: one.id });
      expect(domain.context.egress.isOpen(one.id)).toBe(false);
    });
  });
});
