import { randomBytes, timingSafeEqual } from "node:crypto";
import { sha256 } from "../../base/sha256.ts";

const FORM = /^moorage_([a-z][a-z0-9]{19})_([A-Za-z0-9_-]{43})$/;
const SECRET_BYTES = 32;

/** A new secret, and what is kept of it. It is random in all its bits, so that one hash protects it. */
export function newSecret(): { readonly secret: string; readonly hash: string } {
  const secret = randomBytes(SECRET_BYTES).toString("base64url");
  return { secret, hash: sha256(secret) };
}

/** What people are given: it names the key, so that one that is found somewhere can be revoked. */
export function writeKey(id: string, secret: string): string {
  return `moorage_${id}_${secret}`;
}

export function readKey(text: string): { readonly id: string; readonly secret: string } | undefined {
  const [, id, secret] = FORM.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

export function isSecret(secret: string, hash: string): boolean {
  return timingSafeEqual(Buffer.from(sha256(secret)), Buffer.from(hash));
}
