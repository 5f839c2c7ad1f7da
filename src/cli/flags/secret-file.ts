import { MoorageError } from "../../base/errors.ts";
import type { Session } from "../invocation.ts";
import { readHostText } from "./host-text.ts";
import { readStdin } from "./read-stdin.ts";

const STDIN = "-";
const TOKEN = /^ey[A-Za-z0-9_-]+\./;
const HINT = "Name a file that holds it, or give - and send it to standard input.";

/** A secret's text without spaces around it: of a file of this host, or with `-` of standard input. */
export async function readSecretFile(path: string, label: string, session: Session): Promise<string> {
  if (TOKEN.test(path)) {
    const message = `${label}: expected a file or -, got what seems to be the token itself, which is not shown here.`;
    throw new MoorageError("INVALID_INPUT", message, { hint: HINT });
  }
  if (path !== STDIN) {
    const hints = { larger: HINT, noText: HINT };
    const reading = { label, directory: session.io.currentDirectory, maxMib: 1, what: "text", hints };
    return (await readHostText(path, reading)).trim();
  }
  const { text, encoding } = await readStdin(session);
  if (encoding === "utf8") return text.trim();
  throw new MoorageError("INVALID_INPUT", `${label}: expected UTF-8 text on standard input.`, { hint: HINT });
}
