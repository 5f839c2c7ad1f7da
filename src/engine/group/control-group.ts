/** Of the kernel's control groups. */
export type GroupVersion = 1 | 2;
export type Controller = "memory" | "pids" | "cpu" | "freezer";

/** Where groups are: one directory for each controller that works here, the same for all on version 2. */
export type GroupLayout = {
  readonly version: GroupVersion;
  readonly parents: Readonly<Partial<Record<Controller, string>>>;
};

/** Files that tell what memory did: the counter of kills, and the highest use. */
export function memoryFiles(version: GroupVersion): { readonly kills: string; readonly peak: string } {
  return version === 2
    ? { kills: "memory.events", peak: "memory.peak" }
    : { kills: "memory.oom_control", peak: "memory.max_usage_in_bytes" };
}
