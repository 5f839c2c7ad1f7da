import { MoorageError } from "../../base/errors.ts";
import type { Session } from "../invocation.ts";
import { readHostText } from "./host-text.ts";
import { readStdin } from "./read-stdin.ts";

const STDIN = "-";

/** The text of a Dockerfile: a file of this host, or `-` for standard input. */
export async function readDockerfile(path: string, label: string, session: Session): Promise<string> {
  if (path !== STDIN) {
    const hints = { larger: "Name the Dockerfile itself.", noText: "Name the Dockerfile itself." };
    return readHostText(path, { label, directory: session.io.currentDirectory, maxMib: 1, what: "text", hints });
  }
  const { text, encoding } = await readStdin(session);
  if (encoding === "utf8") return text;
  throw new MoorageError("INVALID_INPUT", `${label}: expected UTF-8 text on standard input.`, {
    hint: "Give it the Dockerfile itself.",
  });
}
