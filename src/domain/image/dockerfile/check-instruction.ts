import { splitWords, trim } from "./blanks.ts";
import type { Instruction, Problem } from "./dockerfile.ts";
import { nameValues } from "./name-values.ts";
import { jsonTexts, listedWords, quotedWords, type Escape } from "./words.ts";

/** What is wrong with the arguments; undefined where nothing is. */
type Check = (args: string, escape: Escape) => string | undefined;

const something = (args: string): string | undefined => (args === "" ? "expected an argument, got none" : undefined);
const noMixedList = (args: string): string | undefined =>
  jsonTexts(args) === "mixed" ? "expected a list in JSON of texts alone" : something(args);
const sourceAndPlace = (args: string): string | undefined =>
  noMixedList(args) ?? (listedWords(args).length < 2 ? "expected a source and a place, got one of them" : undefined);
const pairs: Check = (args, escape) =>
  nameValues(args, escape) === undefined ? "expected NAME=VALUE, each with a name" : undefined;

const CHECKS: Readonly<Record<string, Check>> = {
  ADD: sourceAndPlace,
  ARG: (args, escape) =>
    quotedWords(args, escape).some((word) => word.startsWith("=")) ? "expected NAME or NAME=VALUE" : something(args),
  CMD: noMixedList,
  COPY: sourceAndPlace,
  ENTRYPOINT: noMixedList,
  ENV: pairs,
  EXPOSE: something,
  FROM: (args) => {
    const [base, as, stage, ...more] = splitWords(args);
    if (base !== undefined && as === undefined) return undefined;
    if (base === undefined || stage === undefined || more.length > 0 || as?.toLowerCase() !== "as") {
      return "expected FROM IMAGE or FROM IMAGE AS NAME";
    }
    if (/^[a-z][a-z0-9-_.]*$/i.test(stage)) return undefined;
    return `expected a stage's name of a-z, 0-9, dash, dot and _, the first a letter (got ${JSON.stringify(stage.slice(0, 40))})`;
  },
  HEALTHCHECK: (args) => (/^(?:none$|cmd\s)/i.test(args) ? undefined : "expected NONE, or CMD COMMAND"),
  LABEL: pairs,
  MAINTAINER: something,
  ONBUILD: (args) =>
    /^(?:onbuild|from|maintainer)\b/i.test(args)
      ? "expected another instruction than ONBUILD, FROM or MAINTAINER"
      : something(args),
  RUN: noMixedList,
  SHELL: (args) => (Array.isArray(jsonTexts(args)) ? undefined : 'expected a list in JSON, such as ["/bin/sh", "-c"]'),
  STOPSIGNAL: something,
  USER: something,
  VOLUME: (args) =>
    noMixedList(args) ??
    (listedWords(args).some((path) => trim(path) === "") ? "expected paths, got an empty one" : undefined),
  WORKDIR: something,
};

/** What keeps an instruction from being built, whoever reads it; of ONBUILD also what it keeps. */
export function checkInstruction({ trigger, ...instruction }: Instruction, escape: Escape): readonly Problem[] {
  const { line, endLine, name, args } = instruction;
  const problem = (message: string, fix: string): Problem => ({ line, endLine, rule: "syntax", message, fix });
  const check = Object.hasOwn(CHECKS, name) ? CHECKS[name] : undefined;
  if (check === undefined) {
    // A line of a key that has lost its quotes would stand here too.
    const shown = /^[A-Za-z]{1,20}$/.test(name) ? name : "What the line begins with";
    return [
      problem(
        `${shown} is no instruction of a Dockerfile.`,
        "Begin the line with one such as RUN, or end the line before with \\.",
      ),
    ];
  }
  const wrong = check(args, escape);
  const own = wrong === undefined ? [] : [problem(`${name}: ${wrong}.`, `Complete this ${name}, or leave it out.`)];
  return trigger === undefined || own.length > 0 ? own : checkInstruction(trigger, escape);
}
