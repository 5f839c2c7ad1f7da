import type { DomainContext } from "../context.ts";
import { createPlatform } from "../domain.ts";
import { LOCAL_USER, unrestricted } from "./principal.ts";

/** The first administrator's key, where there has never been one of any kind; told this once. */
export async function firstKey(context: DomainContext): Promise<string | undefined> {
  if (await context.store.keys.any()) return undefined;
  // By its own platform, so that the audit log begins with it.
  const { key } = await createPlatform(context, unrestricted(LOCAL_USER)).key.create({ name: "first administrator" });
  return key;
}
