import type { DockerfileRule } from "../../../contracts/types.ts";
import type { Dockerfile, Instruction, Lines } from "../dockerfile/dockerfile.ts";
import type { Expanded, Lookup } from "../dockerfile/expand.ts";
import { expand } from "../dockerfile/expand.ts";
import type { DockerfilePolicy } from "../../policy.ts";
import type { Variables } from "./variables.ts";

/** What a rule has to say, before it is known how strict the administrator is. */
export type Found = {
  readonly rule: DockerfileRule;
  /** True where it is only to be known. @default false */
  readonly advice?: boolean;
  readonly message: string;
  readonly fix: string;
};

/** What the rules judge by. */
export type Judging = {
  readonly dockerfile: Dockerfile;
  readonly policy: DockerfilePolicy;
  readonly buildArgs: Readonly<Record<string, string>>;
  /** What the instructions before have set. */
  readonly variables: Variables;
};

/** Judges one instruction; of an ONBUILD, what it keeps. */
export type Rule = (instruction: Instruction, judging: Judging) => readonly Found[];

export type Located = Found & Lines;

export function expanded(word: string, { dockerfile, variables }: Judging, lookup?: Lookup): Expanded {
  return expand(word, { escape: dockerfile.escape, lookup: lookup ?? ((name) => variables.lookup(name)) });
}

/** A name or a reference of the Dockerfile as messages show it: cut, and without the password of a URL or its query. */
export function shown(text: string): string {
  const open = text
    .slice(0, 200)
    .replace(/:\/\/[^/@]*@/, "://…@")
    .replace(/\?.*/s, "?…");
  return JSON.stringify(open.length > 100 ? `${open.slice(0, 100)}…` : open);
}
