import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { memoryFiles, type GroupLayout } from "../../group/control-group.ts";
import { KillTally, type MemoryKills } from "../../group/memory-kills.ts";
import type { ContainerReply } from "../api/replies.ts";
import { createFindContainerGroup } from "../unit/container-group.ts";

/** What the kernel has counted of a container since the watch began; null where nobody knows it. */
export type PeakWatch = Disposable & {
  /** The highest memory use, bytes. */
  readonly peak: () => number | null;
  /** What it has ended for memory: at once and exactly, where an engine's news may come late, and twice. Asked once. */
  readonly kills: (looksKilled: boolean) => MemoryKills | null;
};

/** Of one container: the kernel has one highest use for all of its runs. */
export type PeakMeter = { readonly begin: () => PeakWatch };

export type PeakMeters = {
  readonly of: (container: Pick<ContainerReply, "Id" | "State">) => Promise<PeakMeter>;
};

/** Containers whose meters are remembered. */
const REMEMBERED = 1_000;
const UNKNOWN: PeakMeter = {
  begin: () => ({ peak: () => null, kills: () => null, [Symbol.dispose]: () => undefined }),
};

export function createPeakMeters(): PeakMeters {
  const findGroup = createFindContainerGroup();
  const meters = new Map<string, Promise<PeakMeter>>();
  return {
    of: ({ Id, State }) => {
      const key = `${Id} ${State.StartedAt}`;
      const known = meters.get(key);
      if (known !== undefined) return known;
      const meter = findGroup({ id: Id, pid: State.Pid ?? 0 }).then((layout) =>
        layout === undefined ? UNKNOWN : createPeakMeter(layout),
      );
      meters.set(key, meter);
      const [oldest] = meters.keys();
      if (meters.size > REMEMBERED && oldest !== undefined) meters.delete(oldest);
      return meter;
    },
  };
}

/**
 * The kernel begins to measure anew where it can be told to (version 1 of control groups, as root) and no other run goes
 * on. Otherwise it is known only where the highest use of all has risen during the run.
 */
export function createPeakMeter({ version, parents }: GroupLayout): PeakMeter {
  const files = memoryFiles(version);
  const file = join(parents.memory ?? "", files.peak);
  const kills = (): number | null => count(join(parents.memory ?? "", files.kills));
  const tally = new KillTally();
  let open = 0;
  return {
    begin: () => {
      const isAnew = open === 0 && version === 1 && reset(file);
      const before = isAnew ? 0 : read(file);
      const judge = tally.begin(kills());
      open += 1;
      let counted = true;
      return {
        peak: () => {
          const now = read(file);
          return now === null || before === null || now <= before ? null : now;
        },
        kills: (looksKilled) => judge(kills(), looksKilled),
        [Symbol.dispose]: () => {
          if (counted) open -= 1;
          counted = false;
        },
      };
    },
  };
}

function reset(file: string): boolean {
  try {
    writeFileSync(file, "0", { flag: "r+" });
    return true;
  } catch {
    return false;
  }
}

/** How many processes the kernel has ended; null where it cannot be read, or an old kernel does not count. */
function count(file: string): number | null {
  try {
    const [, kills] = /^oom_kill (\d+)$/m.exec(readFileSync(file, "utf8")) ?? [];
    return kills === undefined ? null : Number(kills);
  } catch {
    return null;
  }
}

function read(file: string): number | null {
  try {
    return Number(readFileSync(file, "utf8").trim());
  } catch {
    return null;
  }
}
