import { listedWords } from "../dockerfile/words.ts";
import { expanded, shown, type Found, type Rule } from "./found.ts";

const REMOTE = /^(?:https?|ftp|git|ssh):\/\/|^[\w.-]+@[\w.-]+:/i;
const BEGINNINGS = ["https://", "http://", "ftp://", "git://", "ssh://"];

/**
 * ADD of what the engine itself would fetch, from the network of its host. A variable may have its value from the base
 * image, whose ENV goes before an ARG: what begins with one may be a URL, whatever the Dockerfile says.
 */
export const judgeAdd: Rule = ({ name, args }, judging) => {
  if (name !== "ADD" || judging.policy.allowAddUrl) return [];
  return listedWords(args)
    .slice(0, -1)
    .flatMap((source): readonly Found[] => {
      const { value } = expanded(source, judging);
      if (REMOTE.test(value)) return [fetched(source)];
      const { head, unknown, broken } = expanded(source, judging, () => undefined);
      return broken || (unknown.length > 0 && mayBeRemote(head)) ? [open(source)] : [];
    });
};

function mayBeRemote(head: string): boolean {
  return REMOTE.test(head) || BEGINNINGS.some((beginning) => beginning.startsWith(head.toLowerCase()));
}

function fetched(source: string): Found {
  return {
    rule: "add-url",
    message: `ADD ${shown(source)} has the engine itself fetch a URL, from the network of its host.`,
    fix: "Fetch it by RUN curl or wget, which stay in the build's network, or COPY it from the build context.",
  };
}

function open(source: string): Found {
  return {
    rule: "add-url",
    message: `ADD ${shown(source)} may become a URL: the base image can give the variable a value.`,
    fix: "Use COPY, which takes no URL, or begin the source with ./.",
  };
}
