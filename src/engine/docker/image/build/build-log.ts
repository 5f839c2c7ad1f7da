import { stripVTControlCharacters } from "node:util";
import type { BuildEvent } from "../../../engine.ts";

const KEPT_LINES = 40;
const MAX_LINE_CHARS = 2000;
/** No Dockerfile that anybody writes has as many steps. */
const MAX_CLAIMED = 4000;

/** What a step says to stderr is painted, message by message. */
const STDERR_PAINT = "\u001b[91m";

const STEP = /^(?:Step|STEP) (\d+)\/(\d+) ?: ([^\n]+)$/;
const CACHED = /^(?: ---> Using cache|--> Using cache [0-9a-f]{12,64})$/;
/** Podman shows none of the ARGs before the first FROM. */
const ARG = /^arg\s/i;
const LABEL = /^LABEL /;
const RUNNING = /^ ---> Running in ([0-9a-f]{12,64})$/;
const MADE = /^ ?-{2,3}> ([0-9a-f]{12,64})$/;
const ENDED = /^(?:Removing| ---> Removed|Error removing) intermediate container ([0-9a-f]{12,64})\b/;
const ABOUT_ITSELF = /^Successfully (?:built|tagged) \S+$|^COMMIT(?: \S+)?$/;

/** What was being done when a build came to its end. */
export type Place = {
  readonly step: number | undefined;
  readonly instruction: string | undefined;
  /** The last lines. */
  readonly log: readonly string[];
};

/** What a message is about. */
export type Message = {
  readonly events: readonly BuildEvent[];
  /** The container that a step is said to run in. */
  readonly container?: string;
};

type Known = {
  /** The steps that attempts of this build have done: what an attempt finds in the cache may be of the one before. */
  readonly made: Set<number>;
  /** Each instruction as the builder prints it; undefined: nobody has read them. */
  readonly instructions?: readonly string[] | undefined;
  /** How many it is to give to the image. */
  readonly labels: number;
  /** Whether the builder tells where a container of a step begins and ends: what is between is the program's. */
  readonly namesSteps: boolean;
};

/**
 * Reads what the engine tells of a build. A step may print what the engine would say. A line is taken for the builder's
 * only where the builder would say it: no program is running as far as it tells, and the instruction is the one that has
 * to come. What remains is a claim, and who acts on one looks first.
 */
export class BuildLog {
  readonly #made: Set<number>;
  readonly #instructions: readonly string[] | undefined;
  readonly #labels: number;
  readonly #namesSteps: boolean;
  readonly #kept: string[] = [];
  readonly #claimed = new Set<string>();
  #step = 0;
  #steps = 0;
  #cached = 0;
  #instruction: string | undefined;
  /** Of the step at work. */
  #isCached = false;
  /** Of the step at work: nothing was read since it began, so that no program has had its say. */
  #isFresh = false;
  /** How many of the instructions have begun. */
  #begunInstructions = 0;
  /** The container whose output is read. */
  #running: string | undefined;
  /** Whether a program may have printed: until then all that is read is the engine's. */
  #hasRun = false;
  /** What was printed of a line that has no end yet. */
  readonly #begun = { stdout: "", stderr: "" };

  constructor({ made, instructions, labels, namesSteps }: Known) {
    this.#made = made;
    this.#instructions = instructions;
    this.#labels = labels;
    this.#namesSteps = namesSteps;
  }

  read(text: string): Message {
    const whole = text.endsWith("\n") ? text.slice(0, -1) : text;
    if (this.#running !== undefined) {
      if (ENDED.exec(whole)?.[1] !== this.#running) return { events: this.#printed(text) };
      this.#running = undefined;
      return { events: [] };
    }
    const container = this.#namesSteps ? RUNNING.exec(whole)?.[1] : undefined;
    if (container === undefined) return { events: this.#ofStep(whole) ?? this.#printed(text) };
    this.#hasRun = true;
    this.#isFresh = false;
    this.#running = container;
    return { events: [], container };
  }

  /** Short ids of the images that steps are said to have made; of none that was surely in the cache. */
  get claimed(): readonly string[] {
    return [...this.#claimed];
  }

  get counts(): { readonly steps: number; readonly cachedSteps: number } {
    return { steps: this.#steps, cachedSteps: this.#cached };
  }

  get place(): Place {
    return { step: this.#step || undefined, instruction: this.#instruction, log: this.#kept };
  }

  /** The lines that have no end, and then the engine's own last words if it failed. */
  end(words = ""): readonly BuildEvent[] {
    return [...this.#unfinished(), ...this.#output([words])];
  }

  /** Undefined for what no builder says. */
  #ofStep(message: string): readonly BuildEvent[] | undefined {
    if (message === "") return [];
    const [, number, count, instruction = ""] = STEP.exec(message) ?? [];
    if (
      number !== undefined &&
      this.#isNext(Number(number), Number(count)) &&
      this.#advance(instruction, Number(count) - Number(number))
    ) {
      return this.#begin(Number(number), Number(count), instruction);
    }
    const isFresh = this.#isFresh;
    this.#isFresh = false;
    if (isFresh && CACHED.test(message)) return this.#takeCached();
    const made = MADE.exec(message)?.[1];
    if (made !== undefined) this.#take(made);
    return made !== undefined || ABOUT_ITSELF.test(message) ? [] : undefined;
  }

  #takeCached(): readonly BuildEvent[] {
    this.#isCached = true;
    if (this.#made.has(this.#step)) return [];
    this.#cached += 1;
    return [{ type: "cached", step: this.#step }];
  }

  #take(made: string): void {
    if (!this.#isCached) this.#made.add(this.#step);
    if (this.#isCached && !this.#hasRun) return;
    if (this.#claimed.size < MAX_CLAIMED) this.#claimed.add(made);
  }

  #isNext(step: number, steps: number): boolean {
    return step === this.#step + 1 && step <= steps && (this.#steps === 0 || steps === this.#steps);
  }

  /** Whether the instruction is the one that has to come: the file's, or at last the builder's own, one for each label. */
  #advance(given: string, behind: number): boolean {
    const all = this.#instructions;
    if (all === undefined) return true;
    const [from, isGiven] = [this.#begunInstructions, (text: string) => text.trim() === given.trim()];
    const unshown = from > 0 ? 0 : all.findIndex((text) => !ARG.test(text));
    const at = [from, unshown].find((index) => index >= from && isGiven(all[index] ?? ""));
    if (at !== undefined) this.#begunInstructions = at + 1;
    return at !== undefined || (behind < this.#labels && LABEL.test(given));
  }

  #begin(step: number, steps: number, given: string): readonly BuildEvent[] {
    const before = this.#unfinished();
    const instruction = given.slice(0, MAX_LINE_CHARS);
    this.#step = step;
    this.#steps = steps;
    this.#instruction = instruction;
    this.#isCached = false;
    this.#isFresh = true;
    // Podman does not tell where a program begins.
    this.#hasRun ||= !this.#namesSteps;
    this.#keep(`Step ${step}/${steps} : ${instruction}`);
    return [...before, { type: "step", step, steps, instruction }];
  }

  #printed(text: string): readonly BuildEvent[] {
    const stream = text.startsWith(STDERR_PAINT) ? "stderr" : "stdout";
    const lines = (this.#begun[stream] + stripVTControlCharacters(text)).split("\n");
    this.#begun[stream] = (lines.pop() ?? "").slice(0, MAX_LINE_CHARS);
    return this.#output(lines);
  }

  #unfinished(): readonly BuildEvent[] {
    const { stdout, stderr } = this.#begun;
    this.#begun.stdout = "";
    this.#begun.stderr = "";
    return this.#output([stdout, stderr]);
  }

  #output(texts: readonly string[]): readonly BuildEvent[] {
    const lines = texts.map((text) => text.trimEnd().slice(0, MAX_LINE_CHARS)).filter((line) => line !== "");
    for (const line of lines) this.#keep(line);
    return lines.length === 0 ? [] : [{ type: "output", lines }];
  }

  #keep(line: string): void {
    this.#kept.push(line);
    if (this.#kept.length > KEPT_LINES) this.#kept.shift();
  }
}
