import type { DomainContext } from "../context.ts";
import { createKey } from "./keys.ts";
import { LOCAL_USER, unrestricted } from "./principal.ts";

/** The first administrator's key, where there has never been one of any kind; told this once. */
export async function firstKey(context: DomainContext): Promise<string | undefined> {
  if (await context.store.keys.any()) return undefined;
  const call = { context, principal: unrestricted(LOCAL_USER), signal: undefined };
  const { key } = await createKey(call, { name: "first administrator" });
  return key;
}
