import { isMoorageError, type MoorageError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import type { ProbeOutcome } from "../../contracts/types.ts";
import type { Call } from "../context.ts";
import { runToEnd } from "../doctor/run-to-end.ts";
import { probeAbuse } from "./abuse.ts";
import { probeDisk } from "./disk-filler.ts";
import { probeDodgers } from "./dodgers.ts";
import { listenOnHost } from "./host-listener.ts";
import { ensureNetwork, removeNetwork } from "../network/named-networks.ts";
import { resolveNetwork } from "../sandbox/network.ts";
import { insideCommand } from "./inside-program.ts";
import { judgeInside, type Setting } from "./judge.ts";
import { startSibling } from "./sibling.ts";
import { probeTargets, type Listening } from "./targets.ts";

const PROFILES = ["job", "sandbox"] as const;
/** What is dropped on its way is waited for. */
const INSIDE_MS = 60_000;
const ALLOW = "allow:example.com";
const POLICIES = ["none", "internal", "open", ALLOW] as const;
/** What is taken too much of has nothing to do with the network, but where a proxy of ours works for the sandbox. */
const ABUSED = ["none", ALLOW] as const;

/**
 * Tries to get out of sandboxes of each profile under each network policy, and to take more than is theirs. Every probe
 * is bounded, and harmless to the machine where it succeeds. While it runs, this machine listens on two ports of all its
 * addresses, which tell nothing.
 */
export async function probeSandboxes(call: Call): Promise<readonly ProbeOutcome[]> {
  await using listening = await listenOnHost();
  const outcomes: ProbeOutcome[] = [];
  for (const profile of PROFILES) {
    for (const network of POLICIES) {
      const setting = { profile, network };
      outcomes.push(...(await unlessRefused(call, setting, () => probeInside(call, setting, listening))));
    }
    const named = { profile, network: "net:probe" } as const;
    outcomes.push(...(await unlessRefused(call, named, () => probeNamed(call, named, listening))));
    for (const network of ABUSED) {
      const setting = { profile, network };
      if (isRefused(outcomes, setting)) continue;
      for (const probe of [probeAbuse, probeDisk]) outcomes.push(...(await Array.fromAsync(probe(call, setting))));
    }
  }
  for (const network of ABUSED) {
    const setting = { profile: "sandbox", network } as const;
    if (!isRefused(outcomes, setting)) outcomes.push(await probeDodgers(call, setting));
  }
  return outcomes;
}

/** Its refusal has been told already. */
function isRefused(outcomes: readonly ProbeOutcome[], { profile, network }: Setting): boolean {
  return outcomes.some((each) => each.probe === "policy" && each.profile === profile && each.network === network);
}

/** In a network of its own with one more member, and somebody of the same owner outside of it. */
async function probeNamed(call: Call, setting: Setting, listening: Listening): Promise<readonly ProbeOutcome[]> {
  await resolveNetwork(call.context, setting.network, call.signal);
  const name = `probe-${newId()}`;
  await ensureNetwork(call, name);
  try {
    const inside = { ...setting, network: `net:${name}` };
    await using member = await startSibling(call, inside);
    await using sibling = await startSibling(call, { ...setting, network: "internal" });
    const targets = probeTargets(listening, { member: member.names, sibling: sibling.addresses });
    const { stdout } = await runToEnd(call, { ...inside, command: [...insideCommand(targets)], timeoutMs: INSIDE_MS });
    return judgeInside(stdout, setting);
  } finally {
    await removeNetwork(call, { name, force: true });
  }
}

async function probeInside(call: Call, setting: Setting, listening: Listening): Promise<readonly ProbeOutcome[]> {
  await using sibling = setting.network === "none" ? undefined : await startSibling(call, setting);
  const targets = probeTargets(listening, { sibling: sibling?.addresses ?? [] });
  const { stdout } = await runToEnd(call, {
    ...setting,
    command: [...insideCommand(targets)],
    timeoutMs: INSIDE_MS,
  });
  return judgeInside(stdout, setting);
}

type Probing = () => Promise<readonly ProbeOutcome[]>;

/** A policy that the engine cannot enforce is refused, which holds; but what it would have held nobody has seen. */
async function unlessRefused(call: Call, setting: Setting, probe: Probing): Promise<readonly ProbeOutcome[]> {
  try {
    return await probe();
  } catch (error) {
    if (!isRefusal(error) || call.signal?.aborted === true) throw error;
    const tries = "have a sandbox under this policy";
    return [{ ...setting, probe: "policy", tries, outcome: "not_tried", message: error.message }];
  }
}

function isRefusal(error: unknown): error is MoorageError {
  return isMoorageError(error) && error.code === "ENGINE_UNSUPPORTED";
}
