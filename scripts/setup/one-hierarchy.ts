/**
 * What a program is run by in a mount namespace of its own, with the first hierarchies of control groups alone: crun
 * refuses machines where a second one beside them has controllers too.
 */
export const ONE_HIERARCHY: readonly string[] = [
  ...["unshare", "--mount", "sh", "-c"],
  'if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi; exec "$@"',
  "sh",
];
