/**
 * What a sandbox looks like from inside, for any POSIX shell (dash, busybox, bash). Nearly all of it is built into the
 * shell, so that it works in small images and at a full process limit. It prints `name=value` lines.
 */
const SCRIPT = `
say() { printf '%s=%s\\n' "$1" "$2"; }
first() {
  name=$1; shift
  for file; do
    if [ -r "$file" ] && read -r value <"$file"; then say "$name" "$value"; say "$name.from" "$file"; return; fi
  done
}
own=
while read -r line; do case $line in 0::*) own=\${line#0::};; esac; done </proc/self/cgroup
root=/sys/fs/cgroup
first memory "$root/memory.max" "$root$own/memory.max" "$root/memory/memory.limit_in_bytes"
first swap "$root/memory.swap.max" "$root$own/memory.swap.max"
first memsw "$root/memory/memory.memsw.limit_in_bytes"
first pids "$root/pids.max" "$root$own/pids.max" "$root/pids/pids.max"
first cpu "$root/cpu.max" "$root$own/cpu.max"
first quota "$root/cpu/cpu.cfs_quota_us" "$root/cpu,cpuacct/cpu.cfs_quota_us"
first period "$root/cpu/cpu.cfs_period_us" "$root/cpu,cpuacct/cpu.cfs_period_us"
while read -r key value rest; do
  case $key in CapEff:|NoNewPrivs:|Seccomp:|Uid:) say "\${key%:}" "$value";; esac
done </proc/self/status
while read -r key value rest; do case $key in SwapTotal:) say swapTotal "$value";; esac; done </proc/meminfo
while read -r line; do case $line in *:*) say interface "\${line%%:*}";; esac; done </proc/net/dev
{ read -r line; while read -r interface target rest; do say route "$interface"; done; } </proc/net/route
while read -r device place type options rest; do case $place in /) mounted=$options;; esac; done </proc/self/mounts
say root "$mounted"
for directory in / /etc /usr /bin /var/tmp; do
  if [ -d "$directory" ] && [ ! -h "$directory" ] && ( : >"\${directory%/}/.moorage-doctor" ) 2>/dev/null; then
    say written "$directory"
  fi
done
say time "$(date +%s)"
say disk "$(df -Pk / | tail -n 1)"
say end probe
`;

export const PROBE: readonly string[] = ["sh", "-c", SCRIPT];

/** What a probe printed. */
export type Seen = {
  /** The first value of this name. */
  readonly one: (name: string) => string | undefined;
  readonly all: (name: string) => readonly string[];
};

/** Undefined when the probe did not come to its end. */
export function readProbe(stdout: string): Seen | undefined {
  const lines = stdout.split("\n").map((line) => /^([\w.]+)=(.*)$/.exec(line)?.slice(1) ?? []);
  const all = (name: string): string[] => lines.filter(([key]) => key === name).map(([, value]) => value ?? "");
  const seen: Seen = { all, one: (name) => all(name)[0] };
  return seen.one("end") === undefined ? undefined : seen;
}
