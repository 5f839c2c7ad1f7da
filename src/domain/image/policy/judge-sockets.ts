import { listedWords } from "../dockerfile/words.ts";
import { expanded, shown, type Found, type Rule } from "./found.ts";
import { assignments } from "./assignments.ts";

const SOCKET =
  /(?:docker|containerd|podman|crio|cri-dockerd|buildkitd|dockershim)\.sock(?!\w|[.-]\w)|[\\/]pipe[\\/]+docker_engine/i;
const ADDRESSES = new Set(["DOCKER_HOST", "CONTAINER_HOST", "CONTAINERD_ADDRESS", "BUILDKIT_HOST"]);
const FIX = "Leave it out: no build and no sandbox reaches an engine.";

/**
 * Where an engine's socket is used as a path, or its address is set. The text of RUN, CMD and ENTRYPOINT is a program's:
 * what it could reach is a matter of where it runs, and nothing there reaches an engine.
 */
export const judgeSockets: Rule = (instruction, judging) => {
  const { name, args, flags } = instruction;
  const paths = placesOf(name, listedWords(args)).map((word) => expanded(word, judging).value);
  const mounts = flags.flatMap(({ value }) => value ?? []);
  const found = [...paths, ...mounts].filter((path) => SOCKET.test(path)).map((path) => used(name, path));
  const set = assignments(instruction, judging).flatMap(({ variable, value = "" }): readonly Found[] => {
    if (ADDRESSES.has(variable.toUpperCase()) && value !== "") {
      return [{ rule: "engine-socket", message: `${name} ${shown(variable)} is the address of an engine.`, fix: FIX }];
    }
    return SOCKET.test(value) ? [used(`${name} ${variable.slice(0, 60)}`, value)] : [];
  });
  return [...found, ...set];
};

/** What of an instruction's words is a path in the container; of COPY and ADD the last is. */
function placesOf(name: string, words: readonly string[]): readonly string[] {
  if (name === "VOLUME") return words;
  return name === "COPY" || name === "ADD" ? words.slice(-1) : [];
}

function used(what: string, path: string): Found {
  const [socket = ""] = SOCKET.exec(path) ?? [];
  return { rule: "engine-socket", message: `${what} names an engine's socket, ${shown(socket)}.`, fix: FIX };
}
