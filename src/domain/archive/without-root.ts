/** A name without its first part: an engine's archive names everything after the directory that it is of. */
export function withoutRoot(name: string): string {
  const at = name.indexOf("/");
  return at === -1 ? "" : name.slice(at + 1);
}
