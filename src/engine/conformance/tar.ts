import { extract, pack, type Header } from "tar-stream";
import { soon } from "./fixture.ts";

export type TarEntry = {
  readonly name: string;
  readonly type: string;
  readonly mode: number;
  readonly linkname: string | null;
  readonly content: Buffer;
};

export type TarWish = Partial<Header> & { readonly name: string; readonly content?: string | Buffer };

/** A tar stream of these entries, names and types just as given, also those that no honest tar has. */
export async function* tarOf(...entries: readonly TarWish[]): AsyncGenerator<Uint8Array> {
  const archive = pack();
  for (const { content, ...header } of entries) {
    if (content === undefined) archive.entry(header);
    else archive.entry(header, Buffer.from(content));
  }
  archive.finalize();
  yield* bytesOf(archive);
}

/** All entries of a small tar stream. */
export async function readTar(tar: AsyncIterable<Uint8Array>): Promise<readonly TarEntry[]> {
  return soon(entriesOf(tar), "reading a tar");
}

async function entriesOf(tar: AsyncIterable<Uint8Array>): Promise<readonly TarEntry[]> {
  const bytes: Uint8Array[] = [];
  for await (const chunk of tar) bytes.push(chunk);
  const archive = extract();
  archive.write(Buffer.concat(bytes));
  archive.end(undefined);
  const entries: TarEntry[] = [];
  for await (const entry of archive) {
    const { name, type, mode, linkname } = entry.header;
    const content: Uint8Array[] = [];
    for await (const chunk of bytesOf(entry)) content.push(chunk);
    entries.push({ name, type, mode, linkname, content: Buffer.concat(content) });
  }
  return entries;
}

async function* bytesOf(stream: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) if (chunk instanceof Uint8Array) yield chunk;
}
