import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { memoryFiles, type GroupLayout } from "../../group/control-group.ts";
import type { ContainerReply } from "../api/replies.ts";
import { createFindContainerGroup } from "../unit/container-group.ts";

/** The highest memory use of a container since the watch began; null where nobody knows it. */
export type PeakWatch = Disposable & { readonly peak: () => number | null };

/** Of one container: the kernel has one highest use for all of its runs. */
export type PeakMeter = { readonly begin: () => PeakWatch };

export type PeakMeters = {
  readonly of: (container: Pick<ContainerReply, "Id" | "State">) => Promise<PeakMeter>;
};

/** Containers whose meters are remembered. */
const REMEMBERED = 1_000;
const UNKNOWN: PeakMeter = { begin: () => ({ peak: () => null, [Symbol.dispose]: () => undefined }) };

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
  const file = join(parents.memory ?? "", memoryFiles(version).peak);
  let open = 0;
  return {
    begin: () => {
      const isAnew = open === 0 && version === 1 && reset(file);
      const before = isAnew ? 0 : read(file);
      open += 1;
      let counted = true;
      return {
        peak: () => {
          const now = read(file);
          return now === null || before === null || now <= before ? null : now;
        },
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

function read(file: string): number | null {
  try {
    return Number(readFileSync(file, "utf8").trim());
  } catch {
    return null;
  }
}
