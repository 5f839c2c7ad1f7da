import { ERROR_CODES, type ErrorCode, type ErrorRow } from "./error-codes.ts";

/** The only shape in which an error leaves Moorage: HTTP bodies, `--json` and MCP results. */
export type WireError = {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly retry: boolean;
  readonly requestId?: string;
};

export type ErrorOptions = {
  readonly hint?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  /** Of the request in which a server met it. */
  readonly requestId?: string;
  readonly cause?: unknown;
};

// A registered symbol, so that an error is known across two loaded copies of this module.
const BRAND = Symbol.for("moorage.error");

/** A failure that Moorage explains: what failed, with the value and the expectation, and what to do next. */
export class MoorageError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly requestId: string | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "MoorageError";
    this.code = code;
    this.hint = options.hint ?? ERROR_CODES[code].hint;
    this.details = options.details ?? {};
    this.requestId = options.requestId;
    Object.defineProperty(this, BRAND, { value: true });
  }

  get row(): ErrorRow {
    return ERROR_CODES[this.code];
  }
}

export function isMoorageError(error: unknown): error is MoorageError {
  return typeof error === "object" && error !== null && BRAND in error;
}

/** Anything thrown, as a MoorageError; what is not one becomes INTERNAL, and its text stays inside as `cause`. */
export function asMoorageError(error: unknown): MoorageError {
  if (isMoorageError(error)) return error;
  return new MoorageError("INTERNAL", "Moorage met an error that it did not expect.", { cause: error });
}

export function toWireError(error: unknown, requestId?: string): WireError {
  const known = asMoorageError(error);
  const id = requestId ?? known.requestId;
  return {
    code: known.code,
    message: known.message,
    hint: known.hint,
    details: known.details,
    retry: known.row.retry,
    ...(id === undefined ? {} : { requestId: id }),
  };
}

/** The error that a wire object tells; a code that this version does not know becomes INTERNAL with the same text. */
export function fromWireError(wire: {
  code: string;
  message: string;
  hint?: string | undefined;
  details?: Record<string, unknown> | undefined;
  requestId?: string | undefined;
}): MoorageError {
  const code: ErrorCode = isErrorCode(wire.code) ? wire.code : "INTERNAL";
  return new MoorageError(code, wire.message, {
    ...(wire.hint === undefined ? {} : { hint: wire.hint }),
    ...(wire.details === undefined ? {} : { details: wire.details }),
    ...(wire.requestId === undefined ? {} : { requestId: wire.requestId }),
  });
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}
