/** An argument vector that runs as root: unchanged for root, through sudo for others. */
export function asRoot(argv: readonly string[], uid = process.getuid?.()): [string, ...string[]] {
  const [file = "", ...rest] = uid === 0 ? argv : ["sudo", ...argv];
  return [file, ...rest];
}
