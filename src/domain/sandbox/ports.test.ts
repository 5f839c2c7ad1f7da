import { describe, expect, it } from "vitest";
import { openNetworked } from "../../../test/fixtures/networked-domain.ts";

describe("ports of a sandbox", () => {
  it("get a host port each, and a network that lets the host in", async () => {
    const { domain, specs, platform } = openNetworked();
    await using _ = domain;
    const wishes = [{ port: 80 }, { port: 81, hostPort: "auto" as const }, { port: 53, protocol: "udp" as const }];
    const made = await platform.sandbox.create({ ports: wishes });
    expect(made.network).toBe("internal");
    expect(made.ports.map(({ port, protocol }) => `${port}/${protocol}`)).toEqual(["80/tcp", "81/tcp", "53/udp"]);
    expect(new Set(made.ports.map(({ hostPort }) => hostPort)).size).toBe(3);
    expect(made.ports.every(({ hostPort }) => hostPort > 0 && hostPort !== 3000)).toBe(true);
    expect(specs[0]).toMatchObject({ network: "internal", ports: made.ports });
    expect((await platform.sandbox.create({ ports: [{ port: 80 }], network: "open" })).network).toBe("open");
    expect((await platform.sandbox.create({})).network).toBe("none");
  });

  it("of one name are asked for again with what was chosen", async () => {
    const { domain, platform } = openNetworked();
    await using _ = domain;
    const made = await platform.sandbox.create({ name: "web", ports: [{ port: 80, hostPort: 18_080 }] });
    expect(made.ports).toEqual([{ port: 80, hostPort: 18_080, protocol: "tcp" }]);
    expect((await platform.sandbox.create({ name: "web", ports: [{ port: 80 }] })).id).toBe(made.id);
    await expect(platform.sandbox.create({ name: "web", ports: [{ port: 81 }] })).rejects.toMatchObject({
      code: "CONFLICT",
      message: 'The sandbox "web" exists already, with another ports.',
    });
  });

  it("that are taken are told with their holder, where it is the caller's", async () => {
    const { domain, platform, bob } = openNetworked();
    await using _ = domain;
    const ports = [{ port: 80, hostPort: 18_081 }];
    await platform.sandbox.create({ name: "web", ports });
    await expect(platform.sandbox.create({ ports })).rejects.toMatchObject({
      code: "CONFLICT",
      message: 'The host port 18081/tcp is taken by your sandbox "web".',
      hint: "Name another host port, or let one be chosen with auto.",
    });
    await expect(bob.sandbox.create({ ports })).rejects.toMatchObject({
      message: "The host port 18081/tcp is taken by another sandbox.",
    });
    expect((await bob.sandbox.create({ ports: [{ port: 80, hostPort: 18_081, protocol: "udp" }] })).state).toBe(
      "running",
    );
  });

  it.each([
    [[{ port: 0 }], "expected 1 to 65535"],
    [[{ port: 65_536 }], "expected 1 to 65535"],
    [[{ port: 80, hostPort: 0 }], "ports.0.hostPort"],
    [[{ port: 80, hostPort: 3000 }], "expected another port than 3000, which is reserved on the host"],
    [[{ port: 80 }, { port: 80 }], "expected each port once"],
    [
      [
        { port: 80, hostPort: 99 },
        { port: 81, hostPort: 99 },
      ],
      "expected each host port once",
    ],
    [[{ port: 80, protocol: "sctp" as "tcp" }], "ports.0.protocol"],
  ])("refuses %j", async (ports, message) => {
    const { domain, platform } = openNetworked();
    await using _ = domain;
    await expect(platform.sandbox.create({ ports })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining(message) as string,
    });
  });

  it("need a network that lets the host in, and an engine that has one", async () => {
    const { domain, platform } = openNetworked();
    await using _ = domain;
    await expect(platform.sandbox.create({ ports: [{ port: 80 }], network: "none" })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: 'ports needs a network that lets the host in; network is "none".',
      hint: "Leave out --network, which is internal then: the host gets in, and nothing gets out.",
    });
    await expect(domain.platform.sandbox.create({ ports: [{ port: 80 }] })).rejects.toMatchObject({
      code: "ENGINE_UNSUPPORTED",
      message: expect.stringContaining(
        'The network policy "internal" cannot be enforced by the memory engine',
      ) as string,
    });
  });
});
