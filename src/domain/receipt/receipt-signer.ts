import { createPublicKey, sign, verify, type KeyObject } from "node:crypto";
import { canonicalJson } from "../../base/canonical-json.ts";
import type { ReceiptHead } from "../../contracts/types.ts";

/** Signs receipts for one deployment. */
export type ReceiptSigner = {
  readonly deployment: string;
  /** PEM, to check receipts with elsewhere. */
  readonly publicKey: string;
  /** Ed25519 over the text, base64. */
  readonly sign: (text: string) => string;
  readonly verify: (text: string, signature: string) => boolean;
};

export function createReceiptSigner(deployment: string, privateKey: KeyObject): ReceiptSigner {
  const publicKey = createPublicKey(privateKey);
  return {
    deployment,
    publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString("base64"),
    verify: (text, signature) => verify(null, Buffer.from(text), publicKey, Buffer.from(signature, "base64")),
  };
}

/** The text that a head's signature covers. */
export function headText(head: Omit<ReceiptHead, "signature">): string {
  return canonicalJson({ deployment: head.deployment, count: head.count, hash: head.hash });
}
