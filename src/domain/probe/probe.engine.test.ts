import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CreatedReply, WaitReply } from "../../engine/docker/api/replies.ts";
import { openDockerFixture, type DockerFixture } from "../../engine/docker/docker-fixture.ts";
import { ABUSES } from "./abuse.ts";
import { fillCommand, judgeFilled } from "./disk-filler.ts";
import { DODGE, LOOK } from "./dodgers.ts";
import { listenOnHost } from "./host-listener.ts";
import { insideCommand } from "./inside-program.ts";
import { judgeInside } from "./judge.ts";
import type { ProbeTargets } from "./targets.ts";

const JOB = { profile: "job", network: "none" } as const;

let docker: DockerFixture;
beforeAll(() => {
  docker = openDockerFixture();
});
afterAll(() => docker[Symbol.asyncDispose]());

type Ended = { readonly printed: string; readonly code: number };

/** Runs a command in a plain container with these weaknesses, without anything of ours around it. */
async function inWeakened(command: readonly string[], HostConfig: object, Env: string[] = []): Promise<Ended> {
  const json = { Image: "python:3.11-slim", Cmd: command, Tty: true, User: "0:0", Env, HostConfig };
  const { Id } = await docker.api.json({ method: "POST", path: "/containers/create", json }, CreatedReply);
  try {
    await docker.api.send({ method: "POST", path: `/containers/${Id}/start` });
    const wait = { method: "POST", path: `/containers/${Id}/wait`, signal: AbortSignal.timeout(120_000) } as const;
    const { StatusCode } = await docker.api.json(wait, WaitReply);
    const query = { stdout: "1", stderr: "1" };
    const logs = await docker.api.stream({ method: "GET", path: `/containers/${Id}/logs`, query });
    return { printed: (await text(logs)).replaceAll("\r", ""), code: StatusCode };
  } finally {
    await docker.api.head({ method: "DELETE", path: `/containers/${Id}`, query: { force: "1", v: "1" } });
  }
}

/** Every network probe aims at a port of this machine, which a container on its network reaches. */
function reachable(tcp: number, udp: number): ProbeTargets {
  const byTcp = { protocol: "tcp", addresses: [["127.0.0.1", tcp]] } as const;
  const byUdp = { protocol: "udp", addresses: [["127.0.0.1", udp]] } as const;
  const open = { host: byTcp, "host-udp": byUdp, "engine-tcp": byTcp, metadata: byTcp, dns: byUdp };
  const proxy = { ...byTcp, protocol: "proxy" } as const;
  return { ...open, internet: byTcp, sibling: byTcp, member: byTcp, proxy };
}

/** A proxy on this machine that lets everything through and keeps every connection, and the variable that names it. */
async function openCarelessProxy() {
  const links = new Set<Socket>();
  const server = createServer((link) => {
    links.add(link);
    link.on("error", () => undefined).on("data", () => link.write("HTTP/1.1 200 OK\r\n\r\n"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    env: [`http_proxy=http://127.0.0.1:${port}`],
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, "close");
      server.close();
      for (const link of links) link.destroy();
      await closed;
    },
  };
}

describe("the probes find what is open", () => {
  it("in a container with the rights of a privileged one, the machine's network and the engine's socket", async () => {
    await using listening = await listenOnHost();
    await using proxy = await openCarelessProxy();
    const open = {
      NetworkMode: "host",
      Binds: ["/var/run/docker.sock:/var/run/docker.sock"],
      CapAdd: ["SYS_ADMIN", "SYS_PTRACE", "NET_ADMIN", "NET_RAW", "MKNOD"],
      SecurityOpt: ["seccomp=unconfined", "apparmor=unconfined"],
      MaskedPaths: [],
      ReadonlyPaths: [],
    };
    const command = insideCommand(reachable(listening.tcp, listening.udp));
    const { printed } = await inWeakened(command, open, proxy.env);
    const notBroken = (network: string): readonly string[] => {
      const outcomes = judgeInside(printed, { ...JOB, network }).filter(({ outcome }) => outcome !== "broken");
      return outcomes.map(({ probe, outcome }) => `${probe} ${outcome}`);
    };
    expect(notBroken("none")).toEqual(["host-processes held"]);
    expect(notBroken("allow:example.com")).toEqual(["host-processes held"]);
    expect(notBroken("net:probe")).toEqual(["host-processes held", "member by_design"]);
  }, 150_000);

  it("in a container among the machine's processes", async () => {
    const targets = reachable(1, 1);
    const { printed } = await inWeakened(insideCommand(targets), { PidMode: "host", NetworkMode: "none" });
    const outcomes = judgeInside(printed, JOB);
    expect(outcomes.find(({ probe }) => probe === "host-processes")).toMatchObject({ outcome: "broken" });
    expect(outcomes.filter(({ probe, outcome }) => probe === "host" && outcome === "held")).toHaveLength(1);
    const joined = judgeInside(printed, { ...JOB, network: "net:probe" });
    expect(joined.find(({ probe }) => probe === "member")).toMatchObject({ outcome: "broken" });
  }, 150_000);

  it("connection-flood, with a proxy without a cap", async () => {
    await using proxy = await openCarelessProxy();
    const flood = ABUSES.find(({ probe }) => probe === "connection-flood");
    const { printed, code } = await inWeakened(flood?.input.command ?? [], { NetworkMode: "host" }, proxy.env);
    const seen = { exitCode: code, stdout: printed, oomKilled: false };
    expect(flood?.judge(seen, JOB)).toMatchObject({ outcome: "broken" });
  }, 150_000);

  it("disk-filler, in a container whose disk nobody looks at", async () => {
    const Mounts = [{ Type: "volume", Target: "/workspace" }];
    for (const place of ["/tmp", "/workspace"]) {
      const { printed, code } = await inWeakened(fillCommand(place, 1), { NetworkMode: "none", Mounts });
      const seen = { exitCode: code, stdout: printed, status: "succeeded", reason: null } as const;
      expect(judgeFilled(seen)).toMatchObject({ outcome: "broken" });
    }
  }, 150_000);

  it.each(["fork-bomb", "memory-bomb"])(
    "%s, in a container without limits",
    async (probe) => {
      const abuse = ABUSES.find((each) => each.probe === probe);
      if (abuse === undefined) throw new Error(`There is no probe ${probe}.`);
      const { printed, code } = await inWeakened(abuse.input.command, { NetworkMode: "none" });
      const lines = printed.split("\n").filter((line) => /^\d+$/.test(line));
      const verdict = abuse.judge({ exitCode: code, stdout: lines.join("\n"), oomKilled: false }, JOB);
      expect(verdict).toMatchObject({ outcome: "broken" });
    },
    150_000,
  );

  it("programs that a deadline of the usual kind does not end", async () => {
    const naive = 'timeout -s KILL 2 sh -c "$1"; sh -c "$2"';
    const { printed } = await inWeakened(["sh", "-c", naive, "sh", DODGE, LOOK], { NetworkMode: "none" });
    expect(printed.match(/moorage-dodger-[a-z-]+/g)?.toSorted()).toEqual([
      "moorage-dodger-double-fork",
      "moorage-dodger-own-session",
      "moorage-dodger-without-environment",
    ]);
  }, 150_000);
});
