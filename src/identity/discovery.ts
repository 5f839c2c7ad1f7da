import { fetchJson, Unavailable } from "./fetch-json.ts";
import { isSafeUrl } from "./safe-url.ts";

/** What an issuer says of itself, of which nothing but its name has been checked. */
export type Discovered = { readonly url: string; readonly told: Readonly<Record<string, unknown>> };

/** @throws Unavailable when it cannot be had, or is of somebody else. */
export async function discover(issuer: string): Promise<Discovered> {
  const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const found = await fetchJson(url);
  const told: Discovered["told"] = typeof found === "object" && found !== null ? { ...found } : {};
  const { issuer: says } = told;
  if (says === issuer) return { url, told };
  throw new Unavailable(`${url} is of the issuer ${JSON.stringify(says) ?? "nothing"}, expected "${issuer}"`);
}

/** An address that it names; Unavailable where that is none that anything may be sent to. */
export function endpointOf({ url, told }: Discovered, name: string): string {
  const at = told[name];
  if (typeof at === "string" && isSafeUrl(at)) return at;
  throw new Unavailable(`${url} names as ${name} ${JSON.stringify(at) ?? "nothing"}, expected an https URL`);
}
