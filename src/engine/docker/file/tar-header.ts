import type { Header, Pack } from "tar-stream";

/** A header of a tar entry, as far as it is given. */
export type TarHeader = Partial<Omit<Header, "name" | "linkname" | "pax">> & {
  readonly name: string;
  readonly linkname?: string | null;
};

type Sink = ReturnType<Pack["entry"]>;

/** The largest numbers that the plain fields of a header hold; larger ones go into extended records. */
const MAX_ID = 0o777777;
const MAX_SECONDS = 2 ** 31 - 1;

/** Begins an entry, with owners and times of any size. */
export function writeHeader(written: Pack, header: TarHeader): Sink {
  const pax: Record<string, string> = {};
  if ((header.uid ?? 0) > MAX_ID) pax["uid"] = String(header.uid);
  if ((header.gid ?? 0) > MAX_ID) pax["gid"] = String(header.gid);
  const seconds = Math.floor((header.mtime ?? new Date()).getTime() / 1000);
  if (seconds > MAX_SECONDS || seconds < 0) pax["mtime"] = String(seconds);
  const mtime = new Date(Math.min(Math.max(seconds, 0), MAX_SECONDS) * 1000);
  const { linkname, ...plain } = header;
  const link = typeof linkname === "string" ? { linkname } : {};
  return written.entry({ ...plain, ...link, mtime, pax: Object.keys(pax).length === 0 ? null : pax });
}
