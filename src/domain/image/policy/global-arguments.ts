import { argumentsOf } from "../dockerfile/name-values.ts";
import type { Dockerfile } from "../dockerfile/dockerfile.ts";
import { expand, type Lookup } from "../dockerfile/expand.ts";

/** Set by some builders themselves. */
const PREDEFINED = /^(?:(?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT)|(?:https?|ftp|no|all)_proxy)$/i;
const MAX_CHARACTERS = 512;

/** What FROM can refer to: the ARGs before the first one, and what was given for them. */
export function globalArguments(
  { instructions, escape }: Dockerfile,
  buildArgs: Readonly<Record<string, string>>,
): Lookup {
  const values = new Map<string, string | null | undefined>();
  const lookup: Lookup = (name) => {
    if (PREDEFINED.test(name)) return undefined;
    // Whether a value counts that was given for no ARG, builders do not agree on.
    return values.has(name) ? values.get(name) : Object.hasOwn(buildArgs, name) ? undefined : null;
  };
  for (const { name: instruction, args } of instructions) {
    if (instruction === "FROM") break;
    for (const { name, value } of instruction === "ARG" ? argumentsOf(args, escape) : []) {
      const given = Object.hasOwn(buildArgs, name) ? buildArgs[name] : undefined;
      // Named again without a value, it keeps the first one or loses it, as the builder likes.
      if (given === undefined && value === undefined) values.set(name, values.has(name) ? undefined : null);
      else values.set(name, given ?? certain(value ?? "", { escape, lookup }));
    }
  }
  return lookup;
}

function certain(word: string, expanding: Parameters<typeof expand>[1]): string | undefined {
  const { value, unknown, broken } = expand(word, expanding);
  return broken || unknown.length > 0 || value.length > MAX_CHARACTERS ? undefined : value;
}
