import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { throwIfCanceled } from "../../../base/deadline.ts";
import { isMoorageError } from "../../../base/errors.ts";
import type { Engine, UnitStats } from "../../engine.ts";
import type { GroupLayout } from "../../group/control-group.ts";
import { groupText, groupUsage } from "../../group/group-usage.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { createFindContainerGroup } from "./container-group.ts";
import { createUnitDisk, type DiskContext } from "./unit-disk.ts";
import { hasAddress, readUnitStats } from "./unit-stats.ts";
import type { Units } from "./units.ts";

/** Requests to the engine at one time, where it has to be asked. */
const AT_A_TIME = 4;
/** Looks in a row; then others get their turn. */
const IN_A_ROW = 8;

/** What of a running container is counted on this host. A container that has ended has no groups any more. */
type Counted = { readonly layout: GroupLayout; readonly hasNetwork: boolean };

type Context = { readonly api: EngineApi; readonly units: Pick<Units, "find"> };

/** What units take: of one by the engine's own word, of many by the quickest way. */
export function createMeasuring(context: DiskContext): Pick<Engine, "stats" | "sample" | "disk"> {
  return {
    stats: (id, signal) => readUnitStats(context, id, signal),
    sample: createSampler(context),
    disk: createUnitDisk(context),
  };
}

/**
 * Measures many units: by the kernel's own counters where the engine runs on this host, which costs far less than asking
 * the engine; else by asking it.
 */
function createSampler(context: Context): Engine["sample"] {
  const findGroup = createFindContainerGroup();
  const counted = new Map<string, Counted>();
  const measure = async (id: string, signal?: AbortSignal): Promise<UnitStats | undefined> => {
    const known = counted.get(id);
    const quick = known === undefined ? undefined : read(known);
    if (quick !== undefined) return quick;
    counted.delete(id);
    const unit = await context.units.find(id, signal);
    if (unit?.container.State.Status !== "running") return undefined;
    const { Id, State } = unit.container;
    const layout = await findGroup({ id: Id, pid: State.Pid ?? 0 });
    if (layout === undefined) return unlessEnded(readUnitStats(context, id, signal));
    const found = { layout, hasNetwork: hasAddress(unit) };
    counted.set(id, found);
    return read(found);
  };
  return async (ids, signal) => {
    const wanted = new Set(ids);
    for (const id of counted.keys()) if (!wanted.has(id)) counted.delete(id);
    const samples = new Map<string, UnitStats>();
    const queue = [...wanted];
    const worker = async (): Promise<void> => {
      let looks = 0;
      for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
        throwIfCanceled(signal);
        looks += 1;
        if (looks % IN_A_ROW === 0) await setImmediate();
        const sample = await measure(id, signal);
        if (sample !== undefined) samples.set(id, sample);
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, worker));
    return samples;
  };
}

async function unlessEnded(work: Promise<UnitStats>): Promise<UnitStats | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isMoorageError(error) && ["NOT_FOUND", "SANDBOX_NOT_RUNNING"].includes(error.code)) return undefined;
    throw error;
  }
}

/** Undefined when the groups are gone with their container. */
function read({ layout, hasNetwork }: Counted): UnitStats | undefined {
  const usage = groupUsage(layout, "");
  if (usage.memoryBytes === null) return undefined;
  const traffic = hasNetwork ? trafficOf(layout) : undefined;
  return {
    at: Date.now(),
    ...usage,
    receivedBytes: traffic?.receivedBytes ?? null,
    sentBytes: traffic?.sentBytes ?? null,
  };
}

type Traffic = { readonly receivedBytes: number; readonly sentBytes: number };

/** By any process of the container: all of them see its one network. */
function trafficOf({ parents }: GroupLayout): Traffic | undefined {
  const [pid = ""] = groupText(join(parents.memory ?? "", "cgroup.procs")).split("\n");
  return pid === "" ? undefined : interfaceTraffic(groupText(`/proc/${pid}/net/dev`));
}

/** From the text of /proc/net/dev: all interfaces but loopback; undefined without any. */
export function interfaceTraffic(text: string): Traffic | undefined {
  const counts = text.split("\n").flatMap((line) => {
    const [, name, numbers] = /^\s*([^:\s]+):\s*(.*)$/.exec(line) ?? [];
    const fields = numbers?.trim().split(/\s+/).map(Number);
    const [received, sent] = [fields?.[0], fields?.[8]];
    return name === "lo" || received === undefined || sent === undefined ? [] : [{ received, sent }];
  });
  if (counts.length === 0) return undefined;
  return {
    receivedBytes: counts.reduce((sum, { received }) => sum + received, 0),
    sentBytes: counts.reduce((sum, { sent }) => sum + sent, 0),
  };
}
