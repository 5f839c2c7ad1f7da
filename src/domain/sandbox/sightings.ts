import type { Clock } from "../../base/clock.ts";
import type { EngineName, UnitInfo } from "../../engine/engine.ts";
import type { SandboxRow } from "../../store/store.ts";

/** Announcements of an engine elsewhere can stop without a word. */
const MOST_MS = 5_000;

type Looked = Pick<SandboxRow, "id" | "revision" | "engine">;
/** Beyond it all are forgotten: whoever looks next asks the engine. */
const MOST_SEEN = 10_000;

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
  readonly #looks = new Set<Look>();
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
    this.#looks.clear();
  }

  changed(id: string): void {
    this.#seen.delete(id);
    for (const look of this.#looks) look.delete(id);
  }

  /** Undefined when the engine has to be asked: what Moorage itself has changed since has another revision. */
  of({ id, revision }: Looked): Seen | undefined {
    const seen = this.#seen.get(id);
    if (seen?.revision === revision && this.#clock.monotonic() - seen.atMs < MOST_MS) return seen;
    return undefined;
  }

  /** To be called before the engine is asked, and disposed after; `saw` takes what the engine has shown. */
  look(rows: readonly Looked[]): Disposable & { readonly saw: (units: (id: string) => UnitInfo | undefined) => void } {
    const atMs = this.#clock.monotonic();
    const watched = rows.filter(({ engine }) => engine === this.#watched);
    const look: Look = new Map(watched.map(({ id, revision }) => [id, revision]));
    this.#looks.add(look);
    return {
      saw: (units) => {
        if (!this.#looks.has(look)) return;
        if (this.#seen.size + look.size > MOST_SEEN) this.#seen.clear();
        for (const [id, revision] of look) this.#seen.set(id, { revision, unit: units(id), atMs });
      },
      [Symbol.dispose]: () => void this.#looks.delete(look),
    };
  }
}

/** By id the revisions of those that are looked at; a change meanwhile takes one out, for what is seen may be of before. */
type Look = Map<string, number>;
