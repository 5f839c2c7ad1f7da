import type { Clock } from "../base/clock.ts";
import { checkUser, type TokenCheck } from "./check-claims.ts";
import { personOf } from "./claims.ts";
import type { Issuer, Person } from "./issuer.ts";
import type { LoginProvider } from "./login.ts";
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
  /** By whom people sign in in their browser; undefined: nobody does. */
  readonly login: LoginProvider | undefined;
};

type Settings = {
  readonly issuers: readonly Issuer[];
  readonly proxy: TrustedProxy | undefined;
  readonly login?: LoginProvider | undefined;
};

export function createIdentity({ issuers, proxy, login }: Settings, clock: Clock): Identity {
  const verify = createVerifier(issuers, clock);
  return {
    hasIssuers: issuers.length > 0,
    examine: async (token) => {
      const { checks, signer, claims } = await verify(token);
      if (signer === undefined) return { checks, person: undefined };
      const all = [...checks, checkUser(claims, signer.userClaim)];
      return { checks: all, person: all.every(({ ok }) => ok) ? personOf(signer, claims) : undefined };
    },
    ofProxy: proxy === undefined ? () => Promise.resolve(undefined) : createProxyReader(proxy, clock),
    login,
  };
}
