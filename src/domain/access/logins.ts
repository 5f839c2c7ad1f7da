import { randomBytes } from "node:crypto";
import { isoTime } from "../../base/clock.ts";
import { MoorageError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { Secret } from "../../base/secret.ts";
import { sha256 } from "../../base/sha256.ts";
import type { User } from "../../contracts/types.ts";
import { Unavailable } from "../../identity/fetch-json.ts";
import { LoginRefused, type LoginProvider, type Vouched } from "../../identity/login.ts";
import type { LoginRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { settlePerson } from "./token-user.ts";
import { findUser } from "./users.ts";

const SECRET_BYTES = 32;
const SECRET = /^[A-Za-z0-9_-]{43}$/;
const MOST_PER_USER = 10;
const TOUCH_MS = 60_000;
/** The issuer is asked again so long before it wants to be, or earlier where that is soon. */
const AHEAD_MS = 60_000;
const AGAIN_HINT = "Sign in again at /auth/login.";

/** What is never written down: it opens the user's account at the issuer. */
type Held = { readonly refreshToken: Secret | undefined; readonly idToken: Secret; readonly aheadMs: number };

/** Those who are signed in in their browsers. */
export class Logins {
  readonly #context: DomainContext;
  readonly #provider: LoginProvider;
  readonly #held = new Map<string, Held>();
  readonly #refreshing = new Map<string, Promise<LoginRow>>();

  constructor(context: DomainContext, provider: LoginProvider) {
    this.#context = context;
    this.#provider = provider;
  }

  /** A session of the user's, as the browser keeps it. */
  async create(user: User, vouched: Vouched): Promise<string> {
    const { clock, store } = this.#context;
    const { sessionMs } = this.#provider.settings;
    const secret = randomBytes(SECRET_BYTES).toString("base64url");
    const nowMs = clock.now();
    const now = isoTime(nowMs);
    const row: LoginRow = {
      id: newId(),
      hash: sha256(secret),
      user: user.name,
      issuer: vouched.person.source.issuer,
      subject: vouched.person.subject,
      createdAt: now,
      lastUsedAt: now,
      expiresAt: isoTime(nowMs + sessionMs),
      vouchedUntil: vouched.refreshToken === undefined ? null : isoTime(nowMs + vouched.lastsMs),
    };
    await store.logins.insert(row, { now, most: MOST_PER_USER });
    this.#hold(row.id, vouched);
    return secret;
  }

  /**
   * `again`: what a request has begun goes on, which neither is use nor ends for want of it.
   * @throws UNAUTHENTICATED when there is no such session, or none any more.
   */
  async userOf(secret: string, again = false): Promise<User> {
    const row = await this.#find(secret);
    if (row === undefined) throw ended("The session of this browser is not known here, or has ended.");
    const { clock, store } = this.#context;
    const nowMs = clock.now();
    const idleSince = Date.parse(row.lastUsedAt) + this.#provider.settings.idleMs;
    if (row.expiresAt <= isoTime(nowMs) || (idleSince <= nowMs && !again)) {
      await this.#remove(row.id);
      throw ended("The session of this browser has expired.");
    }
    await this.#vouchedFor(row, nowMs);
    const user = await findUser(this.#context, row.user);
    if (user === undefined || user.disabledAt !== null) {
      await this.#remove(row.id);
      throw ended(`The session of this browser is of ${row.user}, who is disabled.`);
    }
    if (!again && nowMs - Date.parse(row.lastUsedAt) >= TOUCH_MS) await store.logins.touch(row.id, isoTime(nowMs));
    return user;
  }

  /** Ends a session; answers the ID token that it began with, where that is still known. */
  async end(secret: string): Promise<string | undefined> {
    const row = await this.#find(secret);
    if (row === undefined) return undefined;
    const held = this.#held.get(row.id);
    await this.#remove(row.id);
    this.#context.logger.info({ operation: "login.end", user: row.user, loginId: row.id }, "user signed out");
    return held?.idToken.reveal();
  }

  async #find(secret: string): Promise<LoginRow | undefined> {
    return SECRET.test(secret) ? this.#context.store.logins.find(sha256(secret)) : undefined;
  }

  async #vouchedFor(row: LoginRow, nowMs: number): Promise<void> {
    if (row.vouchedUntil === null) return;
    const untilMs = Date.parse(row.vouchedUntil);
    const held = this.#held.get(row.id);
    if (nowMs < untilMs - (held?.aheadMs ?? 0)) return;
    // Requests that come together ask once: issuers take a refresh token that comes twice for a stolen one.
    let underway = this.#refreshing.get(row.id);
    if (underway === undefined) {
      underway = this.#refresh(row, held).finally(() => this.#refreshing.delete(row.id));
      this.#refreshing.set(row.id, underway);
    }
    try {
      await underway;
    } catch (error) {
      if (error instanceof Unavailable && nowMs < untilMs) return;
      if (error instanceof Unavailable) throw ended(`The session cannot be renewed now: ${error.message}.`, error);
      if (!(error instanceof LoginRefused)) throw error;
      await this.#remove(row.id);
      throw ended(`The session of this browser has ended: ${error.message}`, error);
    }
  }

  async #refresh(row: LoginRow, held: Held | undefined): Promise<LoginRow> {
    const { clock, store, logger } = this.#context;
    // Another request may have renewed it since this one has read the row.
    const latest = (await store.logins.find(row.hash)) ?? row;
    if (latest.vouchedUntil !== row.vouchedUntil) return latest;
    if (held?.refreshToken === undefined) throw new LoginRefused("the server has started anew since then.");
    const vouched = await this.#provider.refresh(held.refreshToken.reveal(), row.subject);
    const user = await settlePerson(this.#context, vouched.person);
    if (typeof user === "string") throw new LoginRefused(user);
    if (user.name !== row.user) throw new LoginRefused(`The issuer calls them ${user.name} now.`);
    const vouchedUntil = isoTime(clock.now() + vouched.lastsMs);
    await store.logins.vouch(row.id, vouchedUntil);
    this.#hold(row.id, vouched);
    logger.debug({ operation: "login.refresh", user: row.user, loginId: row.id }, "session renewed");
    return { ...row, vouchedUntil };
  }

  #hold(id: string, { refreshToken, idToken, lastsMs }: Vouched): void {
    const aheadMs = Math.min(AHEAD_MS, lastsMs / 4);
    const refresh = refreshToken === undefined ? undefined : new Secret(refreshToken);
    this.#held.set(id, { refreshToken: refresh, idToken: new Secret(idToken), aheadMs });
    // As many as sessions that are likely in use: one whose tokens are forgotten ends when it would have been renewed.
    const [oldest] = this.#held.keys();
    if (this.#held.size > MOST_HELD && oldest !== undefined) this.#held.delete(oldest);
  }

  async #remove(id: string): Promise<void> {
    this.#held.delete(id);
    await this.#context.store.logins.remove(id);
  }
}

const MOST_HELD = 10_000;

function ended(message: string, cause?: unknown): MoorageError {
  return new MoorageError("UNAUTHENTICATED", message, { hint: AGAIN_HINT, cause });
}
