import { Command, type ParseOptionsResult } from "commander";

/**
 * A command that ends in a program and its arguments. Options are its own up to the first word beyond its positionals
 * or up to `--`; everything from there on belongs to the program, also what looks like an option or is another `--`.
 */
export class ProgramCommand extends Command {
  readonly #positionals: () => number;

  constructor(positionals: () => number) {
    super();
    this.#positionals = positionals;
    this.passThroughOptions();
  }

  override parseOptions(args: string[]): ParseOptionsResult {
    const end = args.indexOf("--");
    const [own, marked] = end === -1 ? [args, []] : [args.slice(0, end), args.slice(end)];
    const positionals: string[] = [];
    for (let remaining = own; ;) {
      const { operands, unknown } = super.parseOptions(remaining);
      if (unknown.length > 0) return { operands: [], unknown };
      const [word, ...more] = operands;
      const complete = positionals.length === this.#positionals();
      if (complete && word !== undefined) return { operands: [...positionals, ...operands, ...marked], unknown };
      if (complete) return { operands: [...positionals, ...marked.slice(1)], unknown };
      if (word === undefined) return { operands: positionals, unknown };
      positionals.push(word);
      remaining = more;
    }
  }
}
