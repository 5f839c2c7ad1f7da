import type { CryptoKey, FlattenedJWSInput, JSONWebKeySet, JWSHeaderParameters, LocalJWKSet } from "jose";
import type { Clock } from "../base/clock.ts";
import { discover, endpointOf } from "./discovery.ts";
import { fetchJson, Unavailable } from "./fetch-json.ts";
import type { Signer } from "./issuer.ts";

/** For how long keys are taken to be the issuer's without asking again. */
const FRESH_MS = 600_000;
/** For how long they still are while it does not answer. */
const MOST_STALE_MS = 3_600_000;
/** Between two questions: tokens with made-up keys must not have an issuer flooded. */
const COOL_DOWN_MS = 10_000;

type Known = { readonly keyFor: LocalJWKSet; readonly atMs: number };

/** The keys of an issuer. */
export type KeySet = (header: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>;

/** Keys are fetched when they are first needed, when they have aged, and when a token names one that is not known. */
export function createKeySet(signer: Pick<Signer, "issuer" | "jwksUri">, clock: Clock): KeySet {
  let known: Known | undefined;
  let failure: Unavailable | undefined;
  let triedMs = Number.NEGATIVE_INFINITY;
  let underway: Promise<void> | undefined;

  const age = (): number => (known === undefined ? Number.POSITIVE_INFINITY : clock.monotonic() - known.atMs);
  const load = async (): Promise<void> => {
    try {
      known = { keyFor: await fetchKeys(signer), atMs: clock.monotonic() };
      failure = undefined;
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      failure = error;
    } finally {
      triedMs = clock.monotonic();
    }
  };
  const refresh = async (): Promise<void> => {
    if (underway === undefined && clock.monotonic() - triedMs < COOL_DOWN_MS) return;
    underway ??= load().finally(() => (underway = undefined));
    await underway;
  };
  const usable = (): LocalJWKSet => {
    if (known !== undefined && age() < MOST_STALE_MS) return known.keyFor;
    throw failure ?? new Unavailable("they have not been fetched");
  };
  return async (header, token) => {
    const { errors } = await import("jose");
    if (age() >= FRESH_MS) await refresh();
    const first = usable();
    try {
      return await first(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await refresh();
      const second = usable();
      if (second === first) throw error;
      return await second(header, token);
    }
  };
}

async function fetchKeys({ issuer, jwksUri }: Pick<Signer, "issuer" | "jwksUri">): Promise<LocalJWKSet> {
  const { createLocalJWKSet } = await import("jose");
  const url = jwksUri ?? endpointOf(await discover(issuer), "jwks_uri");
  const found = await fetchJson(url);
  try {
    return createLocalJWKSet(found as JSONWebKeySet);
  } catch (cause) {
    throw new Unavailable(`${url} answers with something that is no JSON Web Key Set`, { cause });
  }
}
