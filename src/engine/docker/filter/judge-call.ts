import type { z } from "zod";
import { ALLOWED_CALLS, type AllowedCall } from "./allowed-calls.ts";

/** What a call is about, beside its body. */
export type JudgedCall = AllowedCall & {
  readonly method: string;
  /** As it is sent to the engine. */
  readonly target: string;
  /** One of Moorage's own has to be there by this name or id; undefined: none is named. */
  readonly container: string | undefined;
  readonly parameters: Readonly<Record<string, string>>;
};

/** A call that may go on, with the body that was judged. */
export type AllowedRequest = { readonly call: JudgedCall; readonly json: string | undefined };

export type Refusal = { readonly refused: string };

const VERSION = /^\/v1\.\d{1,3}(?=\/)/;

/** Finds the rule that allows a call. An engine cleans paths up before it reads them: such a path is no call of ours. */
export function judgeCall(method: string, target: string): JudgedCall | Refusal {
  const [before = "", query = ""] = target.split(/\?(.*)/s);
  const path = before.replace(VERSION, "");
  const segments = path.split("/").slice(1);
  if (/[^\w.:@/-]/.test(path) || segments.some((part) => ["", ".", ".."].includes(part))) return refuse(method, path);
  for (const rule of ALLOWED_CALLS) {
    const found = rule.path.exec(path);
    if (found === null || !rule.methods.includes(method)) continue;
    const pairs = [...new URLSearchParams(query)];
    const parameters = Object.fromEntries(pairs);
    if (Object.keys(parameters).length !== pairs.length) return { refused: `${method} ${path}: a parameter twice` };
    const problem = problemOf(rule.query, parameters);
    if (problem !== undefined) return { refused: `${method} ${path}: ${problem}` };
    // Written anew: an engine may split one otherwise than we do.
    const sent = new URLSearchParams(parameters).toString();
    const container = found.groups?.["container"] ?? (path === "/commit" ? parameters["container"] : undefined);
    return { ...rule, method, target: sent === "" ? before : `${before}?${sent}`, container, parameters };
  }
  return refuse(method, path);
}

/** The body as it is sent on: what was judged is written anew, so that the engine reads the same. */
export function judgeBody(
  { body: schema, method, target }: JudgedCall,
  text: string,
): { readonly json: string; readonly value: unknown } | Refusal {
  const value = parsed(text === "" ? "{}" : text);
  const problem = problemOf(schema, value);
  if (problem === undefined) return { json: JSON.stringify(value), value };
  return { refused: `${method} ${target.split("?")[0]}: ${problem}` };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No schema takes it: it is told as what it is not.
    return undefined;
  }
}

function problemOf(schema: z.ZodType | undefined, value: unknown): string | undefined {
  const [issue] = schema?.safeParse(value).error?.issues ?? [];
  if (issue === undefined) return undefined;
  return `${issue.path.length === 0 ? "" : `${issue.path.join(".")}: `}${issue.message}`;
}

function refuse(method: string, path: string): Refusal {
  return { refused: `${method} ${path}: nothing that Moorage asks of an engine` };
}
