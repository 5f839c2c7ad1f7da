import { createHash, timingSafeEqual } from "node:crypto";
import type { Clock } from "../base/clock.ts";
import type { Secret } from "../base/secret.ts";
import type { Person, Signer, Source } from "./issuer.ts";
import { createVerifier } from "./verifier.ts";

/** What a proxy shows that it is the one that is trusted: a secret that both know, or a token of its own. */
export type Proof = { readonly secret: Secret } | { readonly signer: Signer; readonly subject: string };

export type TrustedProxy = {
  /** The header with whom a request is of. */
  readonly header: string;
  /** The header with the proxy's proof. */
  readonly proofHeader: string;
  readonly proof: Proof;
  readonly users: Source;
};

/** A header by its name; several of one name are joined by commas. */
export type HeaderOf = (name: string) => string | undefined;

/** Visible ASCII: neither a comma, by which several headers are joined, nor what cannot be seen. */
const VALUE = /^[!-+\--~]+$/;
const MOST_CHARACTERS = 1000;

/** Why a request that says whom it is of is not believed: for the server's log alone. */
export type ProxyRefusal = { readonly refusal: string };

/**
 * Whom a request of the proxy is of; undefined where it has nothing of the proxy's. `again`: it was believed before, and
 * its proof may have grown too old since.
 */
export type ProxyReader = (header: HeaderOf, again?: boolean) => Promise<Person | ProxyRefusal | undefined>;

export function createProxyReader(proxy: TrustedProxy, clock: Clock): ProxyReader {
  const isProof = proofChecker(proxy.proof, clock);
  return async (header, again = false) => {
    const called = header(proxy.header);
    const proof = header(proxy.proofHeader);
    if (called === undefined && proof === undefined) return undefined;
    if (called === undefined) return { refusal: `with ${proxy.proofHeader}, but without ${proxy.header}` };
    if (proof === undefined) return { refusal: `with ${proxy.header}, but without ${proxy.proofHeader}` };
    const refusal = refusalOf(proxy, called, proof);
    if (refusal !== undefined) return { refusal };
    if (!again && !(await isProof(proof)))
      return { refusal: `with a ${proxy.proofHeader} that is no proof of the proxy` };
    return { source: proxy.users, subject: called, called, role: undefined };
  };
}

function refusalOf({ header, proofHeader }: TrustedProxy, called: string, proof: string) {
  if (!VALUE.test(proof)) return `with a ${proofHeader} of several values, or of characters that cannot be seen`;
  if (VALUE.test(called) && called.length <= MOST_CHARACTERS) return undefined;
  return `with a ${header} of several values, of too many characters, or of some that cannot be seen`;
}

function proofChecker(proof: Proof, clock: Clock): (shown: string) => Promise<boolean> {
  if ("secret" in proof) {
    // Of hashes, so that neither the time that it takes nor the length tells anything.
    const expected = digest(proof.secret.reveal());
    return (shown) => Promise.resolve(timingSafeEqual(digest(shown), expected));
  }
  const verify = createVerifier([proof.signer], clock);
  return async (shown) => {
    const { checks, claims } = await verify(shown);
    // Its subject, too: tokens of users may be of the same issuer.
    return checks.every(({ ok }) => ok) && claims["sub"] === proof.subject;
  };
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
