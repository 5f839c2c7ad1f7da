import { MoorageError } from "../../base/errors.ts";
import type { Encoding } from "../../contracts/types.ts";
import type { ProgramSpec } from "../../engine/engine.ts";
import { decodeContent } from "../file/files.ts";
import { StdinFeed } from "./live/stdin-feed.ts";

type Input = {
  readonly stdin?: string | undefined;
  readonly stdinEncoding?: Encoding | undefined;
  readonly interactive?: boolean | undefined;
};

export type Stdin = {
  /** What the program reads; undefined when stdin is at its end from the start. */
  readonly source: ProgramSpec["stdin"];
  /** Takes what is sent later. */
  readonly feed: StdinFeed | undefined;
};

export function stdinOf(input: Input): Stdin {
  if (input.interactive === true) {
    if (input.stdin !== undefined) throw both();
    const feed = new StdinFeed();
    return { source: feed, feed };
  }
  if (input.stdin === undefined) return { source: undefined, feed: undefined };
  return { source: decodeContent(input.stdin, input.stdinEncoding), feed: undefined };
}

function both(): MoorageError {
  return new MoorageError("INVALID_INPUT", "stdin: expected either its content or `interactive`, got both.", {
    hint: "Send the content with run.input once the run has started.",
  });
}
