import { ERROR_CODES } from "../base/error-codes.ts";
import type { JsonSchema } from "../contracts/json-schema.ts";

const SCHEMAS = "#/components/schemas/";

export const errorSchemas: Readonly<Record<string, JsonSchema>> = {
  WireError: {
    type: "object",
    description: "What failed, and what to do next.",
    properties: {
      code: { type: "string", enum: Object.keys(ERROR_CODES) },
      message: { type: "string", description: "What failed, with the value and what was expected." },
      hint: { type: "string", description: "The next action." },
      details: { type: "object", description: "Facts for programs, by code." },
      retry: { type: "boolean", description: "True when the same call may succeed later without a change." },
      requestId: { type: "string", description: "The request's `x-request-id`, as in the server's log." },
    },
    required: ["code", "message", "hint", "details", "retry"],
  },
  ErrorBody: {
    type: "object",
    properties: { error: { $ref: `${SCHEMAS}WireError` } },
    required: ["error"],
  },
  StreamError: {
    type: "object",
    description: "The last line of a stream that failed after it had begun.",
    properties: { type: { type: "string", const: "error" }, error: { $ref: `${SCHEMAS}WireError` } },
    required: ["type", "error"],
  },
};

const content = { "application/json": { schema: { $ref: `${SCHEMAS}ErrorBody` } } };

export const errorResponses = {
  InvalidInput: { description: "The input was refused: the message names the value and what was expected.", content },
  Unauthenticated: { description: "No key was shown, or one that is not known, has expired or was revoked.", content },
  Forbidden: {
    description: "The key does not go so far; or the request comes from a page that may send none.",
    content,
  },
  NotFound: { description: "What the path names is not there, or not yours.", content },
  Error: { description: "The operation failed. The status follows from the error's code.", content },
};

/** The failed responses of an operation; one that names something in its path may not find it. */
export function failedResponses(names: boolean): Readonly<Record<string, unknown>> {
  const reference = (response: keyof typeof errorResponses) => ({ $ref: `#/components/responses/${response}` });
  return {
    "400": reference("InvalidInput"),
    "401": reference("Unauthenticated"),
    "403": reference("Forbidden"),
    ...(names ? { "404": reference("NotFound") } : {}),
    default: reference("Error"),
  };
}
