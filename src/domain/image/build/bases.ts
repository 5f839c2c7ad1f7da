import type { BuildEvent } from "../../../engine/engine.ts";
import { BorrowedNames } from "./borrowed-names.ts";
import type { Building } from "./building.ts";
import { inheritedSecrets } from "./image-warnings.ts";
import { prepareBases } from "./prepare-bases.ts";

type Told = {
  readonly tell: (event: BuildEvent) => Promise<void>;
  /** Called with images that lose their names with the build. */
  readonly onLeft: (ids: readonly string[]) => void;
  readonly onWarnings: (warnings: readonly string[]) => void;
};

/** What the builder looks for is there, under its name, for as long as it looks. */
export class Bases implements AsyncDisposable {
  readonly #building: Building;
  readonly #told: Told;
  readonly #names: BorrowedNames;

  constructor(building: Building, told: Told) {
    this.#building = building;
    this.#told = told;
    this.#names = new BorrowedNames(building.context, building.named.references);
  }

  async prepare(signal: AbortSignal): Promise<void> {
    const { context, row, bases, spec } = this.#building;
    const { platform } = spec;
    // Without a platform what is there is taken, and no name gets another meaning.
    if (platform !== undefined) await this.#names.borrow(signal);
    const { tell } = this.#told;
    const images = await prepareBases({ context, owner: row.owner, bases, platform, signal, tell });
    this.#told.onWarnings(await inheritedSecrets(this.#building, signal));
    if (platform === undefined) return;
    this.#told.onLeft(images.map(({ id }) => id).filter((id) => !this.#names.had(id)));
  }

  /** Another attempt looks again. */
  async follow(event: BuildEvent, signal: AbortSignal): Promise<void> {
    if (event.type === "step" && event.step > this.#building.named.lastStep) await this.#names.giveBackOthers();
    if (event.type === "retry") await this.prepare(signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#names.giveBack();
  }
}
