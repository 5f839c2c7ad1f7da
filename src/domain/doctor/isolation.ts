import type { Finding } from "../../contracts/types.ts";
import { failed, ok } from "./finding.ts";
import type { Seen } from "./probe.ts";

const UNSAFE = "Run nothing here that you do not trust: update the engine, or choose another one with --engine.";

// The kernel gives these to every network namespace, down and without an address.
const KERNEL_INTERFACES = /^(?:lo|sit0|tunl0|ip6tnl0|gre0|gretap0|erspan0|ip_vti0|ip6_vti0|ip6gre0)$/;

/** What a job of profile `job` must look like from inside, whatever the engine. */
export function checkIsolation(seen: Seen): readonly Finding[] {
  return [
    expectation("sandbox.capabilities", BigInt(`0x${seen.one("CapEff") ?? "f"}`) === 0n, {
      kept: "No capabilities.",
      broken: `The effective capabilities are ${seen.one("CapEff")}; expected none.`,
    }),
    expectation("sandbox.privileges", seen.one("NoNewPrivs") === "1", {
      kept: "Set-user-id programs give no privileges (no_new_privs).",
      broken: "Programs can gain privileges: no_new_privs is not set.",
    }),
    expectation("sandbox.seccomp", seen.one("Seccomp") === "2", {
      kept: "System calls are filtered (seccomp).",
      broken: `System calls are not filtered: the seccomp mode is ${seen.one("Seccomp") ?? "unknown"}, expected 2.`,
      fix: "Start Docker without `seccomp-profile: unconfined`, on a kernel with CONFIG_SECCOMP_FILTER.",
    }),
    expectation("sandbox.user", seen.one("Uid") !== "0" && seen.one("Uid") !== undefined, {
      kept: `Runs as user ${seen.one("Uid")}, not as root.`,
      broken: "Runs as root; expected another user.",
    }),
    network(seen),
    rootFilesystem(seen),
  ];
}

function network(seen: Seen): Finding {
  const interfaces = seen.all("interface").filter((name) => !KERNEL_INTERFACES.test(name));
  const routes = seen.all("route");
  return expectation("sandbox.network", interfaces.length === 0 && routes.length === 0, {
    kept: "No network: the loopback interface alone, and no route.",
    broken: `Asked: no network; there are interfaces (${list(interfaces)}) and routes (${list(routes)}).`,
  });
}

function rootFilesystem(seen: Seen): Finding {
  const options = seen.one("root") ?? "";
  const written = seen.all("written");
  return expectation("sandbox.rootfs", options.split(",").includes("ro") && written.length === 0, {
    kept: "The root file system is read-only; writing to it was tried and refused.",
    broken: `The root file system is mounted ${options.split(",")[0]}, written to: ${list(written)}; expected read-only.`,
  });
}

type Sayings = { readonly kept: string; readonly broken: string; readonly fix?: string };

function expectation(check: string, holds: boolean, { kept, broken, fix }: Sayings): Finding {
  return holds ? ok(check, kept) : failed(check, broken, fix ?? UNSAFE);
}

function list(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.join(", ");
}
