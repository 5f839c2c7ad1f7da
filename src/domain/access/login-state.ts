import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { SIGN_IN_MS } from "../../contracts/sign-in.ts";

/** What a sign-in has to know again at its end. */
export type LoginState = {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  readonly returnTo: string;
  readonly endsMs: number;
};

const CIPHER = "aes-256-gcm";
const IV_BYTES = 12;
const TAG_BYTES = 16;
const MOST_CHARACTERS = 8000;

/** Seals what a browser keeps while somebody signs in: it can neither be read nor made there, and counts once. */
export class LoginStates {
  /** Of this process: who signs in while the server starts anew begins again. */
  readonly #key = randomBytes(32);
  readonly #used = new Map<string, number>();

  seal(state: LoginState): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, iv);
    const sealed = Buffer.concat([cipher.update(JSON.stringify(state), "utf8"), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString("base64url");
  }

  /** What was sealed; undefined: it was not sealed here, or is too old by now. */
  open(text: string, nowMs: number): LoginState | undefined {
    if (text.length > MOST_CHARACTERS) return undefined;
    const bytes = Buffer.from(text, "base64url");
    if (bytes.length <= IV_BYTES + TAG_BYTES) return undefined;
    const decipher = createDecipheriv(CIPHER, this.#key, bytes.subarray(0, IV_BYTES));
    decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    try {
      const parts = [decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()];
      const state = JSON.parse(Buffer.concat(parts).toString("utf8")) as LoginState;
      return state.endsMs > nowMs ? state : undefined;
    } catch {
      // Whoever changes a byte of it is told no more than whoever makes one up.
      return undefined;
    }
  }

  /** Whether it is used for the first time. Those whose time is over need not be remembered. */
  use({ state, endsMs }: LoginState, nowMs: number): boolean {
    for (const [known, ends] of this.#used) {
      if (ends > nowMs) break;
      this.#used.delete(known);
    }
    if (this.#used.has(state)) return false;
    this.#used.set(state, Math.max(endsMs, nowMs + SIGN_IN_MS));
    return true;
  }
}
