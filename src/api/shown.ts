import type { Shown } from "../contracts/admission.ts";

const BEARER = /^Bearer +(\S+)$/i;

/** What a request shows of who sends it. */
export function shownBy({ headers }: Request): Shown {
  const [, bearer] = BEARER.exec(headers.get("authorization") ?? "") ?? [];
  return { bearer, header: (name) => headers.get(name) ?? undefined };
}
