import type { Instruction } from "../dockerfile/dockerfile.ts";
import { argumentsOf, nameValues } from "../dockerfile/name-values.ts";
import { expanded, type Judging } from "./found.ts";

/** A variable that ENV or ARG sets, and how its value is written; no value where ARG only declares it. */
export type Assignment = { readonly variable: string; readonly value: string | undefined; readonly written: string };

/** What ENV or ARG sets, with quotes off and variables written out as far as they are known. */
export function assignments({ name, args }: Instruction, judging: Judging): readonly Assignment[] {
  const { escape } = judging.dockerfile;
  const valueOf = (word: string): string => expanded(word, judging).value;
  if (name === "ENV") {
    return (nameValues(args, escape) ?? []).map(({ name: variable, value }) => ({
      variable: valueOf(variable),
      value: valueOf(value),
      written: value,
    }));
  }
  if (name !== "ARG") return [];
  return argumentsOf(args, escape).map(({ name: word, value }) => {
    const variable = valueOf(word);
    const given = Object.hasOwn(judging.buildArgs, variable) ? judging.buildArgs[variable] : undefined;
    if (given !== undefined) return { variable, value: given, written: given };
    return { variable, value: value === undefined ? undefined : valueOf(value), written: value ?? "" };
  });
}
