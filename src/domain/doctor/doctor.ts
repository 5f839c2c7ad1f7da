import type { DoctorReport, Finding } from "../../contracts/types.ts";
import type { Call } from "../context.ts";
import { checkClock } from "./clock.ts";
import { checkContainer } from "./container.ts";
import { checkDiskLimits } from "./disk-limits.ts";
import { checkDisk, freeSpace } from "./disk.ts";
import { notChecked, warning } from "./finding.ts";
import { findHost, type Host } from "./host.ts";
import { checkImage } from "./image.ts";
import { checkNetworks } from "./networks.ts";
import { engineProblem, preflight } from "./preflight.ts";
import { probeSandboxes } from "../probe/probe.ts";
import { lookInside, type SandboxLook } from "./sandbox.ts";
import { checkRecovery } from "./recovery.ts";
import { checkState } from "./state.ts";

type Input = { readonly preflight?: boolean | undefined; readonly probe?: boolean | undefined };

/**
 * Looks at everything that a sandbox needs, and proves it by running one. What is wrong is a finding with its fix,
 * never an error; `ok` is true when a sandbox ran and no check failed.
 */
export async function doctor(call: Call, input: Input): Promise<DoctorReport> {
  const host = await findHost(call.context.engine.name);
  const quick = input.preflight === true || input.probe === true;
  const findings = quick ? await preflight(call, host) : await everything(call, host);
  const ran = findings.some(({ check, status }) => check === "sandbox" && status !== "failed");
  const ok = ran && findings.every(({ status }) => status !== "failed");
  const report = { ok, engine: call.context.engine.name, findings: [...findings] };
  if (input.probe !== true || !ran) return report;
  const probes = [...(await probeSandboxes(call))];
  return { ...report, ok: ok && probes.every(({ outcome }) => outcome !== "broken"), probes };
}

async function everything(call: Call, host: Host): Promise<readonly Finding[]> {
  const { context, signal } = call;
  const engine = await context.engine.diagnose(signal);
  const { image, sandbox } = await imageAndSandbox(call, host);
  const ran = sandbox.findings.some(({ check, status }) => check === "sandbox" && status !== "failed");
  const networks = ran ? await checkNetworks(call) : [];
  const state = await checkState(context);
  const spaces = [
    await freeSpace(context.stateDirectory, `for Moorage's state in ${context.stateDirectory}`),
    sandbox.space ?? (await localEngineSpace(host)),
  ];
  const readings = [sandbox.clock, state.clock].filter((reading) => reading !== undefined);
  return [
    ...choice(call),
    ...engine,
    image,
    ...sandbox.findings,
    ...networks,
    checkDisk(
      spaces.filter((space) => space !== undefined),
      host,
    ),
    await checkDiskLimits(context),
    checkClock(context.clock.now(), readings, host),
    checkContainer(host),
    state.finding,
    checkRecovery(context),
  ];
}

/** How the engine was chosen, where there is something to say about it: mostly that the other one cannot work. */
function choice({ context }: Call): readonly Finding[] {
  const other = context.engine.name === "docker" ? "process" : "docker";
  const fix = `Run \`moorage doctor --engine ${other}\`: it names what that engine needs on this system.`;
  return context.warnings.map((message) => warning("engine.choice", message, fix));
}

async function imageAndSandbox(call: Call, host: Host): Promise<{ image: Finding; sandbox: SandboxLook }> {
  if ((await engineProblem(call)) !== undefined) {
    const skipped = (check: string): Finding => notChecked(check, "the engine does not work", "Mend the engine first.");
    return { image: skipped("image"), sandbox: { findings: [skipped("sandbox")] } };
  }
  const image = await checkImage(call);
  if (image.status !== "failed") return { image, sandbox: await lookInside(call, host) };
  return { image, sandbox: { findings: [notChecked("sandbox", "there is no image", "Mend `image` first.")] } };
}

const ENGINE_DIRECTORY = "/var/lib/docker";

/** A full disk is a reason why no sandbox runs, so it is looked at from outside too. */
async function localEngineSpace({ engine, system }: Host) {
  if (engine !== "docker" || system === "macos" || system === "windows") return undefined;
  return freeSpace(ENGINE_DIRECTORY, `in ${ENGINE_DIRECTORY}`);
}
