import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { newId } from "../../../base/ids.ts";
import { interfaceName } from "./bridge.ts";
import { asRoot } from "./testing/as-root.ts";
import { useReach } from "./testing/use-reach.ts";
import { clearChain, mangleRules } from "./testing/rules.ts";
import { attempts, tryFromPlainBridge } from "./testing/targets.ts";

const AddressReply = z.object({
  NetworkSettings: z.object({
    Networks: z.record(z.string(), z.object({ IPAddress: z.string(), Gateway: z.string() })),
  }),
});

asRoot(() => {
  describe("what a sandbox reaches, tried from inside", () => {
    const reach = useReach();

    async function reached(id: string): Promise<readonly string[]> {
      const { gateway } = await addresses(id);
      const { out } = await reach.docker.shell(id, reach.attempts(gateway));
      return out.split(/\s+/).filter((name) => name !== "");
    }

    async function addresses(id: string): Promise<{ gateway: string; address: string }> {
      const path = `/containers/moorage-${id}/json`;
      const { NetworkSettings } = await reach.docker.api.json({ method: "GET", path }, AddressReply);
      const [network] = Object.values(NetworkSettings.Networks);
      return { gateway: network?.Gateway ?? "", address: network?.IPAddress ?? "" };
    }

    test("as a control, a container on the engine's own bridge reaches everything", async () => {
      const { targets } = reach;
      const seen = await tryFromPlainBridge(reach.docker.api, attempts(targets.all, targets.outside));
      expect([...seen, "gateway"].toSorted()).toEqual(reach.names().toSorted());
    });

    test("internal reaches nothing, and the host reaches it", async () => {
      const id = await reach.docker.sandbox({ network: "internal" });
      expect(await reached(id)).toEqual([]);
      const server = await reach.docker.exec(id, ["nc", "-l", "-p", "8080", "-e", "echo", "from inside"]);
      expect(await greeting((await addresses(id)).address, 8080)).toContain("from inside");
      await server.kill();
    });

    test("open reaches the internet, and nothing of the host and its neighbourhood", async () => {
      const id = await reach.docker.sandbox({ network: "open" });
      expect([...(await reached(id))].toSorted()).toEqual(["dns", "internet"]);
    });

    test.each(["internal", "open"] as const)("%s does not reach a sibling", async (network) => {
      const [one, other] = await Promise.all([reach.docker.sandbox({ network }), reach.docker.sandbox({ network })]);
      const server = await reach.docker.exec(other, ["nc", "-l", "-p", "8080", "-e", "echo", "from inside"]);
      const { address } = await addresses(other);
      const script = `nc -w 4 ${address} 8080 </dev/null`;
      expect((await reach.docker.shell(one, script)).out).toBe("");
      expect(await greeting(address, 8080)).toContain("from inside");
      await server.kill();
    });

    test("a named network's member reaches the others by name, and nothing beside them", async () => {
      const { named } = reach.docker.engine.networks ?? {};
      if (named === undefined) throw new Error("The engine docker has networks.");
      const network = newId();
      await named.ensure({ id: network, name: network });
      const joined = (...names: string[]) => ({ network: "named", membership: { network, names } }) as const;
      const [one, web] = await Promise.all([reach.docker.sandbox(joined()), reach.docker.sandbox(joined("web"))]);
      try {
        const server = await reach.docker.exec(web, ["nc", "-ll", "-p", "8080", "-e", "echo", "from inside"]);
        expect(await greeting((await addresses(web)).address, 8080)).toContain("from inside");
        expect((await reach.docker.shell(one, "nc -w 4 web 8080 </dev/null")).out).toContain("from inside");
        expect(await reached(one)).toEqual([]);
        const stranger = await reach.docker.sandbox({ network: "internal" });
        expect(
          (await reach.docker.shell(stranger, `nc -w 4 ${(await addresses(web)).address} 8080 </dev/null`)).out,
        ).toBe("");
        await clearChain(interfaceName(network));
        expect(await reached(one)).toContain("gateway");
        await reach.docker.engine.networks?.reassert();
        expect(await reached(one)).toEqual([]);
        await server.kill();
      } finally {
        for (const id of [one, web]) await reach.docker.engine.remove(id);
        await named.remove(network);
      }
      expect(await mangleRules("iptables")).not.toContain(interfaceName(network));
    });

    test("a stopped member finds a network that was removed from the engine and made again", async () => {
      const { named } = reach.docker.engine.networks ?? {};
      if (named === undefined) throw new Error("The engine docker has networks.");
      const network = newId();
      const kept = { id: network, name: network };
      await named.ensure(kept);
      const id = await reach.docker.sandbox({ network: "named", membership: { network, names: ["web"] } });
      try {
        await reach.docker.engine.stop(id, { graceMs: 0 });
        // As `docker network prune` does to what no running container is in.
        await reach.docker.api.send({ method: "DELETE", path: `/networks/moorage-network-${network}` });
        await named.ensure(kept);
        await reach.docker.engine.start(id);
        const { out } = await reach.docker.shell(id, "nslookup web 127.0.0.11");
        expect(out).toContain((await addresses(id)).address);
        expect(await reached(id)).toEqual([]);
      } finally {
        await reach.docker.engine.remove(id);
        await named.remove(network);
      }
    });

    test("rules that somebody cleared are set again, and go with their unit", async () => {
      const id = await reach.docker.sandbox({ network: "internal" });
      const chain = interfaceName(id);
      await clearChain(chain);
      expect(await reached(id)).toContain("gateway");
      await reach.docker.engine.networks?.reassert();
      await reach.docker.engine.networks?.reassert();
      expect(await reached(id)).toEqual([]);
      await reach.docker.engine.remove(id);
      for (const tool of ["iptables", "ip6tables"] as const) expect(await mangleRules(tool)).not.toContain(chain);
    });
  });
});

/** What a server says, asked again until it listens. */
async function greeting(host: string, port: number): Promise<string> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const socket = connect({ host, port });
    try {
      await once(socket, "connect");
      let text = "";
      for await (const chunk of socket as AsyncIterable<Buffer>) text += chunk.toString();
      return text;
    } catch (error) {
      if (performance.now() > deadline) throw error;
    } finally {
      socket.destroy();
    }
  }
}
