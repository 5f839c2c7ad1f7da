import { enforcedLimits, type EngineParts } from "../engine-parts.ts";

/** What users of this engine on this host should know of. */
export function restrictions({ host, groups }: EngineParts): readonly string[] {
  const enforced = enforcedLimits(groups);
  const watched = [...(enforced.memory ? [] : ["memory"]), ...(enforced.pids ? [] : ["processes"])];
  return [
    "Programs are this host's own, in namespaces and not in a container: there are no images, and installing system " +
      "packages is not possible on the process engine, because the system directories are read-only.",
    ...(host.programs.asRoot === undefined
      ? [
          `Moorage does not run as root: programs run as the same user (uid ${host.uid}), kept apart by namespaces alone.`,
        ]
      : []),
    ...(watched.length === 0
      ? []
      : [
          `No control group limits ${watched.join(" and ")} here: each process has a limit, and a watchdog ends a run ` +
            "whose sum is over it, a fraction of a second late.",
        ]),
    ...(enforced.cpu ? [] : ["No control group limits processor time here: a run can use all processors."]),
  ];
}
