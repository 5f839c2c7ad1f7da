import type { Clock } from "../base/clock.ts";
import { checkUser, type TokenCheck } from "./check-claims.ts";
import { claimOf, roleOf } from "./claims.ts";
import type { Issuer, Person } from "./issuer.ts";
import { createProxyReader, type ProxyReader, type TrustedProxy } from "./proxy.ts";
import { createVerifier } from "./verifier.ts";

export type TokenPerson = {
  readonly checks: readonly TokenCheck[];
  /** Whom it is of; undefined where a check has failed. */
  readonly person: Person | undefined;
};

/** Who vouches for people, beside this server's own keys. */
export type Identity = {
  /** False: no issuer is trusted, and every token fails. */
  readonly hasIssuers: boolean;
  readonly examine: (token: string) => Promise<TokenPerson>;
  readonly ofProxy: ProxyReader;
};

type Settings = { readonly issuers: readonly Issuer[]; readonly proxy: TrustedProxy | undefined };

export function createIdentity({ issuers, proxy }: Settings, clock: Clock): Identity {
  const verify = createVerifier(issuers, clock);
  return {
    hasIssuers: issuers.length > 0,
    examine: async (token) => {
      const { checks, signer, claims } = await verify(token);
      if (signer === undefined) return { checks, person: undefined };
      const { userClaim, roleFrom } = signer;
      const all = [...checks, checkUser(claims, userClaim)];
      if (all.some(({ ok }) => !ok)) return { checks: all, person: undefined };
      const person: Person = {
        source: signer,
        subject: String(claims["sub"]),
        called: String(claimOf(claims, userClaim)),
        role: roleFrom === undefined ? undefined : roleOf(claims, roleFrom),
      };
      return { checks: all, person };
    },
    ofProxy: proxy === undefined ? () => Promise.resolve(undefined) : createProxyReader(proxy, clock),
  };
}
