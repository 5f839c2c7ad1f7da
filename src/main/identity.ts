import type { Clock } from "../base/clock.ts";
import { createIdentity, type Identity } from "../identity/identity.ts";
import type { Issuer, Source } from "../identity/issuer.ts";
import { createLoginProvider, type LoginProvider } from "../identity/login.ts";
import type { Proof, TrustedProxy } from "../identity/proxy.ts";
import { readClientSecret, readProxySecret } from "../identity/secret-file.ts";
import type { Configuration } from "./configuration.ts";

type Settings = Configuration["identity"];
type ProxySettings = NonNullable<Settings["proxy"]>;
type LoginSettings = NonNullable<Settings["login"]>;

/** Who vouches for people. Proxies and sign-ins are for servers alone: nobody else has requests of them. */
export async function openIdentity(
  { issuers, proxy, login }: Settings,
  server: boolean,
  clock: Clock,
): Promise<Identity> {
  return createIdentity(
    {
      issuers,
      proxy: server && proxy !== undefined ? await trustedProxy(proxy, issuers) : undefined,
      login: server && login !== undefined ? await loginProvider(login, issuers, clock) : undefined,
    },
    clock,
  );
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

async function loginProvider(
  { issuer: called, secretFile, url, ...settings }: LoginSettings,
  issuers: readonly Issuer[],
  clock: Clock,
): Promise<LoginProvider | undefined> {
  const issuer = issuers.find((each) => each.issuer === called);
  if (issuer === undefined) return undefined;
  const secret = secretFile === undefined ? undefined : await readClientSecret(secretFile);
  return createLoginProvider({ ...settings, issuer, secret, origin: new URL(url).origin }, clock);
}
