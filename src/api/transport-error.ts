import { MoorageError, type ErrorOptions } from "../base/errors.ts";

/** A refusal by HTTP's own rules, whose status says more than that of its code. */
export class TransportError extends MoorageError {
  readonly status: 403 | 405 | 413 | 415 | 421 | 426;

  constructor(status: 403 | 405 | 413 | 415 | 421 | 426, message: string, options: ErrorOptions = {}) {
    super("INVALID_INPUT", message, options);
    this.status = status;
  }
}
