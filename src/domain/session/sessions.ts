import type { Clock } from "../../base/clock.ts";
import { ShellSession, type SessionParts } from "./shell-session.ts";

/** A session that nobody uses for so long is ended. */
const IDLE_MS = 3_600_000;
const LOOK_MS = 60_000;

type Place = { readonly sandboxId: string; readonly name: string };

/** The named shells that this process keeps in its sandboxes. */
export class Sessions {
  readonly #sessions = new Map<string, Promise<ShellSession>>();
  readonly #clock: Clock;
  #sweeping: NodeJS.Timeout | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The session of that name, started where there is none. */
  async open(place: Place, start: SessionParts["start"]): Promise<ShellSession> {
    const key = keyOf(place);
    for (let known = this.#sessions.get(key); known !== undefined; known = this.#sessions.get(key)) {
      const present = await known.catch(() => undefined);
      if (present !== undefined && !present.over) return present;
      if (this.#sessions.get(key) === known) this.#sessions.delete(key);
    }
    const opening = ShellSession.open({ name: place.name, clock: this.#clock, start });
    this.#sessions.set(key, opening);
    this.#sweeping ??= setInterval(() => void this.endIdle(), LOOK_MS).unref();
    const forget = (): void => {
      if (this.#sessions.get(key) === opening) this.#sessions.delete(key);
    };
    opening.then((session) => void session.ended.then(forget), forget);
    return opening;
  }

  async of(sandboxId: string): Promise<readonly ShellSession[]> {
    const mine = [...this.#sessions].filter(([key]) => key.startsWith(`${sandboxId}/`));
    const opened = await Promise.allSettled(mine.map(([, session]) => session));
    return opened.flatMap((session) => (session.status === "fulfilled" && !session.value.over ? [session.value] : []));
  }

  /** Ends those that nobody has used for an hour. */
  async endIdle(): Promise<void> {
    const limit = this.#clock.monotonic() - IDLE_MS;
    await this.#endThose((session) => (session.idleSince ?? Infinity) <= limit);
  }

  async endAll(): Promise<void> {
    clearInterval(this.#sweeping);
    await this.#endThose(() => true);
  }

  async #endThose(chosen: (session: ShellSession) => boolean): Promise<void> {
    const opened = await Promise.allSettled(this.#sessions.values());
    const ending = opened.flatMap((session) =>
      session.status === "fulfilled" && chosen(session.value) ? [session.value.end()] : [],
    );
    await Promise.allSettled(ending);
  }
}

function keyOf({ sandboxId, name }: Place): string {
  return `${sandboxId}/${name}`;
}
