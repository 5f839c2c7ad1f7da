import { MoorageError } from "../base/errors.ts";
import { jsonErrorOffset } from "./json-error-offset.ts";
import { TransportError } from "./transport-error.ts";

/** Largest JSON body: a file of 16 MiB in base64, and what is around it. Larger files go through the archive routes. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** The object in a request's body; an empty object where there is no body. */
export async function readJsonBody(request: Request): Promise<Readonly<Record<string, unknown>>> {
  const bytes = await readCapped(request);
  if (bytes.byteLength === 0) return {};
  requireJson(request.headers.get("content-type"));
  const value = parseJson(bytes);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  const got = Array.isArray(value) ? "an array" : value === null ? "null" : `a ${typeof value}`;
  throw new MoorageError("INVALID_INPUT", `The body: expected a JSON object, got ${got}.`);
}

// A form or a plain text body can be sent across origins without a preflight, a JSON one cannot.
function requireJson(contentType: string | null): void {
  const essence = contentType?.split(";", 1)[0]?.trim().toLowerCase();
  if (essence === "application/json") return;
  const message = `The body's content type: expected application/json, got ${contentType ?? "none"}.`;
  throw new TransportError(415, message, { hint: "Send the header `content-type: application/json`." });
}

type Chunk = { readonly value?: Uint8Array | undefined };

async function readCapped(request: Request): Promise<Uint8Array> {
  const length = request.headers.get("content-length");
  if (length !== null) {
    if (Number(length) > MAX_BODY_BYTES) throw tooLarge(Number(length));
    // Node reads no more than was declared, and whole it is read several times faster than in pieces.
    return new Uint8Array(await request.arrayBuffer());
  }
  if (request.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body.getReader();
  for (;;) {
    const chunk: Chunk = await reader.read();
    if (chunk.value === undefined) break;
    size += chunk.value.byteLength;
    if (size > MAX_BODY_BYTES) {
      await reader.cancel();
      throw tooLarge(size);
    }
    chunks.push(chunk.value);
  }
  return Buffer.concat(chunks);
}

function tooLarge(bytes: number): MoorageError {
  const message = `The body: expected at most ${MAX_BODY_BYTES} bytes, got ${bytes} or more.`;
  return new TransportError(413, message, {
    hint: "Send large files as a tar stream to the sandbox's archive route.",
    details: { maxBytes: MAX_BODY_BYTES },
  });
}

function parseJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new MoorageError("INVALID_INPUT", "The body: expected UTF-8, got other bytes.", { cause: error });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw malformed(text, error);
  }
}

function malformed(text: string, cause: unknown): MoorageError {
  const offset = jsonErrorOffset(text);
  const before = text.slice(0, offset).split("\n");
  const position = { offset, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  const got = offset >= text.length ? "the end" : JSON.stringify(String.fromCodePoint(text.codePointAt(offset) ?? 0));
  const message = `The body: expected JSON, got ${got} at line ${position.line}, column ${position.column}.`;
  return new MoorageError("INVALID_INPUT", message, { details: position, cause });
}
