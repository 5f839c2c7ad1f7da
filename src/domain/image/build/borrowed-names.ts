import { orAborted, throwIfCanceled } from "../../../base/deadline.ts";
import { Once } from "../../../base/once.ts";
import type { Engine } from "../../../engine/engine.ts";
import type { DomainContext } from "../../context.ts";
import { imagesOf } from "../images-of.ts";

/** When whoever has borrowed names of an engine last has given them back. */
const TURNS = new WeakMap<Engine, Promise<void>>();

/**
 * The names of the images that a build for a platform begins with. Its builder finds an image by its name alone, so
 * that has to name the one for the platform while the builder looks, and for everybody; then it names again what it
 * named before. Of the builds of this process one borrows at a time.
 */
export class BorrowedNames {
  readonly #context: DomainContext;
  readonly #references: ReadonlySet<string>;
  /** Those of other images. */
  #others = new AsyncDisposableStack();
  /** Those of none, with which an image goes that nothing stands on yet; and the turn. */
  #rest = new AsyncDisposableStack();
  #ids: readonly (string | undefined)[] = [];

  constructor(context: DomainContext, references: readonly string[]) {
    this.#context = context;
    this.#references = new Set(references);
  }

  /** To be called before a name gets another meaning. */
  async borrow(signal: AbortSignal): Promise<void> {
    await this.giveBack();
    const { engine, owed } = this.#context;
    [this.#others, this.#rest, this.#ids] = [new AsyncDisposableStack(), new AsyncDisposableStack(), []];
    this.#rest.use(await ownTurn(engine, signal));
    for (const reference of this.#references) {
      const { id, restore } = await imagesOf(this.#context).keepName(reference, signal);
      const names = id === undefined ? this.#rest : this.#others;
      names.defer(async () => void (await owed.attempt(`the name ${reference}`, restore)));
      this.#ids = [...this.#ids, id];
    }
  }

  /** Whether the image had one of the names. */
  had(id: string): boolean {
    return this.#ids.includes(id);
  }

  /** As soon as the builder has found what it looks for. */
  async giveBackOthers(): Promise<void> {
    await this.#others.disposeAsync();
    if (!this.#ids.includes(undefined)) await this.#rest.disposeAsync();
  }

  /** Does nothing where nothing is borrowed. */
  async giveBack(): Promise<void> {
    await this.#others.disposeAsync();
    await this.#rest.disposeAsync();
  }
}

async function ownTurn(engine: Engine, signal: AbortSignal): Promise<Disposable> {
  const before = TURNS.get(engine) ?? Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  TURNS.set(
    engine,
    before.then(() => promise),
  );
  await orAborted(new Once(before), signal);
  if (signal.aborted) resolve();
  throwIfCanceled(signal);
  return { [Symbol.dispose]: resolve };
}
