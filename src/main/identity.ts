import type { Clock } from "../base/clock.ts";
import { createIdentity, type Identity } from "../identity/identity.ts";
import type { Source } from "../identity/issuer.ts";
import type { Proof, TrustedProxy } from "../identity/proxy.ts";
import { readProxySecret } from "../identity/proxy-secret.ts";
import type { Configuration } from "./configuration.ts";

type Settings = Configuration["identity"];
type ProxySettings = NonNullable<Settings["proxy"]>;

/** Who vouches for people. A proxy is trusted by servers alone: nobody else has its requests. */
export async function openIdentity({ issuers, proxy }: Settings, server: boolean, clock: Clock): Promise<Identity> {
  const trusted = server && proxy !== undefined ? await trustedProxy(proxy, issuers) : undefined;
  return createIdentity({ issuers, proxy: trusted }, clock);
}

async function trustedProxy(settings: ProxySettings, issuers: Settings["issuers"]): Promise<TrustedProxy> {
  const { header, proofHeader, usersOf, prefix, adoptUsers } = settings;
  const users: Source = issuers.find(({ issuer }) => issuer === usersOf) ?? { issuer: "proxy", prefix, adoptUsers };
  return { header, proofHeader, users, proof: await proofOf(settings) };
}

async function proofOf({ secretFile, token }: ProxySettings): Promise<Proof> {
  if (token !== undefined) return { signer: token, subject: token.subject };
  return { secret: await readProxySecret(secretFile ?? "") };
}
