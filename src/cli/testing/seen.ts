import { hostWith } from "./platform.ts";
import { moorage, type Setting } from "./terminal.ts";

/** What is seen of an answer; stderr is marked, so that it is clear what a pipe would get. */
export async function seen(
  argv: readonly string[],
  answer: readonly [string, unknown],
  setting: Setting = {},
): Promise<string> {
  const { host } = hostWith({ [answer[0]]: () => answer[1] });
  const { exitCode, stdout, stderr } = await moorage(argv, { ...setting, host });
  return `${stdout}${stderr.replaceAll(/^(?=.)/gm, "2> ")}${exitCode === 0 ? "" : `exit ${exitCode}`}`;
}

/** The only page of a list. */
export const page = (...items: unknown[]) => ({ items, nextCursor: null });
export const wide = { terminal: true, columns: 120 };
export const narrow = { terminal: true, columns: 40 };
