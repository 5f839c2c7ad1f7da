import type { Clock } from "../base/clock.ts";
import { checkClaims, type TokenCheck } from "./check-claims.ts";
import { told, type Claims } from "./claims.ts";
import { Unavailable } from "./fetch-json.ts";
import type { Signer } from "./issuer.ts";
import { createKeySet, type KeySet } from "./key-set.ts";
import { readToken } from "./token-form.ts";

/** What has become known of a token. Its claims are true where all checks are ok, and what it says otherwise. */
export type Examined<S extends Signer> = {
  readonly checks: readonly TokenCheck[];
  readonly signer: S | undefined;
  readonly claims: Claims;
};

/** Answers what a token says and which checks it passes; never rejects for what a token is. */
export type Verifier<S extends Signer> = (token: string) => Promise<Examined<S>>;

export function createVerifier<S extends Signer>(signers: readonly S[], clock: Clock): Verifier<S> {
  const known = new Map(signers.map((signer) => [signer.issuer, { signer, keys: createKeySet(signer, clock) }]));
  return async (token) => {
    const read = readToken(token);
    if (typeof read === "string") return { checks: [failed("form", read)], signer: undefined, claims: {} };
    const { header, claims } = read;
    const form: TokenCheck = { check: "form", ok: true, told: "The token is a signed JWT." };
    const issuer = `The token is of the issuer ${told(claims["iss"])}`;
    const found = typeof claims["iss"] === "string" ? known.get(claims["iss"]) : undefined;
    if (found === undefined) {
      const check = failed("issuer", `${issuer}, which is none of those that are trusted here.`);
      return { checks: [form, check], signer: undefined, claims };
    }
    const { signer, keys } = found;
    const signature = await checkSignature(token, header, { signer, keys });
    const checks: TokenCheck[] = [form, { check: "issuer", ok: true, told: `${issuer}.` }, ...signature];
    return { checks: [...checks, ...checkClaims(claims, signer, clock.now())], signer, claims };
  };
}

/** The algorithm is settled before any key is looked for: a public key is never taken for a secret. */
async function checkSignature(
  token: string,
  { alg, kid }: Claims,
  { signer, keys }: { readonly signer: Signer; readonly keys: KeySet },
): Promise<TokenCheck[]> {
  const algorithms = [...signer.algorithms];
  if (typeof alg !== "string" || !algorithms.includes(alg)) {
    return [failed("algorithm", `The token's algorithm is ${told(alg)}, expected ${algorithms.join(" or ")}.`)];
  }
  const algorithm: TokenCheck = { check: "algorithm", ok: true, told: `The token's algorithm is ${told(alg)}.` };
  const { compactVerify, errors } = await import("jose");
  try {
    await compactVerify(token, keys, { algorithms });
    return [algorithm, { check: "signature", ok: true, told: `The token is signed by the key ${told(kid)}.` }];
  } catch (error) {
    return [algorithm, failed("signature", whyUnsigned(error))];
  }

  function whyUnsigned(error: unknown): string {
    if (error instanceof Unavailable) return `The keys of ${signer.issuer} cannot be had now: ${error.message}.`;
    if (error instanceof errors.JWKSNoMatchingKey) {
      return `The token is signed by the key ${told(kid)}, which is none of ${signer.issuer}.`;
    }
    if (error instanceof errors.JWKSMultipleMatchingKeys) {
      return `The token does not say by which key of ${signer.issuer} it is signed, and there are several.`;
    }
    if (error instanceof errors.JWSSignatureVerificationFailed) return "The token's signature is not right.";
    return "The token's signature cannot be checked: its key or its form is not what the algorithm needs.";
  }
}

function failed(check: TokenCheck["check"], text: string): TokenCheck {
  return { check, ok: false, told: text };
}
