import { extract, pack, type Header } from "tar-stream";

/** An entry of a test's archive; names, types and targets are written as they are given, honest or not. */
export type Wish = Partial<Header> & { readonly name: string; readonly content?: string | Uint8Array };

export async function* tarOf(...wishes: readonly Wish[]): AsyncGenerator<Uint8Array> {
  const archive = pack();
  for (const { content, ...header } of wishes) {
    if (content === undefined) archive.entry({ type: "directory", ...header });
    else archive.entry({ type: "file", ...header }, Buffer.from(content));
  }
  archive.finalize();
  for await (const chunk of archive) if (chunk instanceof Uint8Array) yield chunk;
}

export type Read = Pick<Header, "name" | "type" | "mode" | "linkname"> & { readonly content: string };

/** All entries of an archive, whole. */
export async function readTar(tar: AsyncIterable<Uint8Array>): Promise<readonly Read[]> {
  const reader = extract();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar) chunks.push(chunk);
  reader.end(Buffer.concat(chunks));
  const entries: Read[] = [];
  for await (const entry of reader) {
    const content: Uint8Array[] = [];
    for await (const chunk of entry) if (chunk instanceof Uint8Array) content.push(chunk);
    const { name, type, mode, linkname } = entry.header;
    entries.push({ name, type, mode, linkname, content: Buffer.concat(content).toString("latin1") });
  }
  return entries;
}
