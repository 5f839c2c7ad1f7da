/** What `--name=value` before the arguments says; `value` is undefined where there is no `=`. */
export type Flag = { readonly name: string; readonly value: string | undefined };

export type Lines = {
  /** Counted from 1. */
  readonly line: number;
  /** The last one, with continuations and the body of a heredoc. */
  readonly endLine: number;
};

export type Instruction = Lines & {
  /** In upper case, such as `RUN`. */
  readonly name: string;
  readonly flags: readonly Flag[];
  /** What follows the flags, its lines joined. */
  readonly args: string;
  /** The whole as the classic builder prints it behind `Step 3/7 : `. */
  readonly original: string;
  /** Names of the heredocs that it opens. */
  readonly heredocs: readonly string[];
  /** What ONBUILD keeps for builds on top of the image. */
  readonly trigger?: Instruction;
};

export type Stage = {
  /** In lower case, as it is looked up; undefined where it has none. */
  readonly name: string | undefined;
  readonly from: Instruction;
  /** As it is written, unexpanded. */
  readonly base: string;
};

export type Directive = { readonly line: number; readonly name: string; readonly value: string };

/** Why it cannot be built, or not by all builders alike. */
export type Problem = Lines & {
  readonly rule: "syntax" | "unsupported";
  readonly message: string;
  readonly fix: string;
};

export type Dockerfile = {
  /** What escapes, and continues a line. */
  readonly escape: "\\" | "`";
  readonly directives: readonly Directive[];
  /** In order: the one of the builder's `Step 3/7` is at index 2. A build of an earlier target stops earlier. */
  readonly instructions: readonly Instruction[];
  readonly stages: readonly Stage[];
  /** A file without problems is read as here by every builder that Moorage uses. */
  readonly problems: readonly Problem[];
};
