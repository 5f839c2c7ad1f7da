const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;
const RECORD_HEAD = 5;
const MESSAGE_HEAD = 4;
const MAX_RECORD = 16_384;
const SERVER_NAME = 0;
const HOST_NAME = 0;
/** The fixed fields at the start of a hello: version and random bytes. */
const FIXED_BYTES = 34;

/** What the first bytes of a connection tell about its TLS server name. */
export type HelloName =
  | { readonly state: "incomplete" }
  | { readonly state: "named"; readonly name: string }
  | { readonly state: "unnamed" }
  | { readonly state: "not-tls" };

/** Reads the server name of a ClientHello, which may be split over any number of records and packets. */
export function readHelloName(bytes: Buffer): HelloName {
  const message = joinRecords(bytes);
  if (message === undefined || (message.length > 0 && message[0] !== CLIENT_HELLO)) return { state: "not-tls" };
  if (message.length < MESSAGE_HEAD) return { state: "incomplete" };
  const length = message.readUIntBE(1, 3);
  if (message.length < MESSAGE_HEAD + length) return { state: "incomplete" };
  return nameIn(new Fields(message.subarray(MESSAGE_HEAD, MESSAGE_HEAD + length)));
}

/** The handshake bytes of all records so far, as far as they are there; undefined when it is something else. */
function joinRecords(bytes: Buffer): Buffer | undefined {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    if (bytes[at] !== HANDSHAKE_RECORD || (at + 1 < bytes.length && bytes[at + 1] !== 3)) return undefined;
    if (bytes.length < at + RECORD_HEAD) break;
    const length = bytes.readUInt16BE(at + 3);
    if (length === 0 || length > MAX_RECORD) return undefined;
    parts.push(bytes.subarray(at + RECORD_HEAD, at + RECORD_HEAD + length));
    at += RECORD_HEAD + length;
    // What follows the hello is not ours to read.
    if (isWhole(Buffer.concat(parts))) break;
  }
  return Buffer.concat(parts);
}

function isWhole(message: Buffer): boolean {
  return message.length >= MESSAGE_HEAD && message.length >= MESSAGE_HEAD + message.readUIntBE(1, 3);
}

function nameIn(hello: Fields): HelloName {
  try {
    hello.take(FIXED_BYTES);
    hello.vector(1);
    hello.vector(2);
    hello.vector(1);
    if (hello.left === 0) return { state: "unnamed" };
    const names = serverNames(hello.vector(2));
    const [only] = names;
    if (names.length === 0 || only === undefined) return { state: "unnamed" };
    return names.length === 1 ? { state: "named", name: only } : { state: "not-tls" };
  } catch (error) {
    if (error instanceof RangeError) return { state: "not-tls" };
    throw error;
  }
}

function serverNames(extensions: Fields): readonly string[] {
  const names: string[] = [];
  while (extensions.left > 0) {
    const type = extensions.number(2);
    const content = extensions.vector(2);
    if (type !== SERVER_NAME) continue;
    const list = content.vector(2);
    while (list.left > 0) {
      const kind = list.number(1);
      const name = list.vector(2).rest().toString("latin1");
      if (kind === HOST_NAME) names.push(name);
    }
  }
  return names;
}

/** Fields of a TLS message, one after the other; RangeError when one goes beyond its end. */
class Fields {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  take(length: number): Buffer {
    if (length > this.left) throw new RangeError("a field goes beyond the end of its message");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  number(bytes: number): number {
    return this.take(bytes).readUIntBE(0, bytes);
  }

  /** A field that begins with its own length, which takes this many bytes. */
  vector(lengthBytes: number): Fields {
    return new Fields(this.take(this.number(lengthBytes)));
  }

  rest(): Buffer {
    return this.take(this.left);
  }
}
