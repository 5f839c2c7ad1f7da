import { MoorageError } from "../base/errors.ts";

type Options = { readonly hint: string; readonly cause?: unknown };

/** Credentials are there, and cannot be read as what they should be. Tells nothing of what they say. */
export function unusable(message: string, options: Options): MoorageError {
  return new MoorageError("CREDENTIALS_UNUSABLE", message, options);
}
