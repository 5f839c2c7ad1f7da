import type { Clock } from "../../base/clock.ts";
import type { EngineName, UnitInfo } from "../../engine/engine.ts";
import type { SandboxRow } from "../../store/store.ts";

/** Announcements of an engine elsewhere can stop without a word. */
const MOST_MS = 5_000;

type Looked = Pick<SandboxRow, "id" | "revision" | "engine">;
type Sighting = { readonly revision: number; readonly unit: UnitInfo | undefined; readonly atMs: number };

/** What was seen of a sandbox; `unit` undefined where its engine has none. */
export type Seen = { readonly unit: UnitInfo | undefined };

/**
 * What an engine has shown of sandboxes, as long as it would tell of a change: who only shows a state then need not ask
 * again. Whoever acts on one asks the engine itself. Nothing is kept while nobody listens to the engine.
 */
export class Sightings {
  readonly #clock: Clock;
  readonly #seen = new Map<string, Sighting>();
  /** Who looks now; a change meanwhile takes them out, for what they see may be of before. */
  readonly #looking = new Map<string, object>();
  #watched: EngineName | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From now on changes on this engine are told by `changed`. */
  watching(engine: EngineName): void {
    this.unwatched();
    this.#watched = engine;
  }

  /** Changes are not told any more. */
  unwatched(): void {
    this.#watched = undefined;
    this.#seen.clear();
    this.#looking.clear();
  }

  changed(id: string): void {
    this.#seen.delete(id);
    this.#looking.delete(id);
  }

  /** Undefined when the engine has to be asked: what Moorage itself has changed since has another revision. */
  of({ id, revision }: Looked): Seen | undefined {
    const seen = this.#seen.get(id);
    if (seen?.revision === revision && this.#clock.monotonic() - seen.atMs < MOST_MS) return seen;
    return undefined;
  }

  /** To be called before the engine is asked; what it returns takes what the engine has shown. */
  look(rows: readonly Looked[]): (units: (id: string) => UnitInfo | undefined) => void {
    const token = {};
    const atMs = this.#clock.monotonic();
    const watched = rows.filter(({ engine }) => engine === this.#watched);
    for (const { id } of watched) this.#looking.set(id, token);
    return (units) => {
      for (const { id, revision } of watched) {
        if (this.#looking.get(id) !== token) continue;
        this.#looking.delete(id);
        this.#seen.set(id, { revision, unit: units(id), atMs });
      }
    };
  }
}
