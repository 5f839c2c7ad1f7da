import type { Header } from "tar-stream";

/** A header of a tar entry, as far as it is given. */
export type TarHeader = Partial<Omit<Header, "name" | "linkname" | "pax">> & {
  readonly name: string;
  readonly linkname?: string | null;
  /** Extended records, which go before the plain fields. */
  readonly pax?: Readonly<Record<string, string>> | null;
};

/** The bytes of a stream whose items are not typed. */
export async function* bytesOf(stream: AsyncIterable<unknown>): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of stream) if (chunk instanceof Uint8Array) yield chunk;
}
