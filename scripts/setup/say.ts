import type { WriteStream } from "node:tty";

/** Lines for a person at a terminal: one kind per meaning, coloured only where colour is wanted. */
export interface Say {
  /** A heading: what comes next. */
  title(text: string): void;
  /** Something that is being done now. */
  step(text: string): void;
  /** Something that is done, or was there already. */
  ok(text: string): void;
  warn(text: string): void;
  /** A failure, with the next action where one is known. */
  fail(text: string, hint?: string): void;
  /** A line as it is. */
  line(text: string): void;
}

export interface SayOptions {
  stream: Pick<WriteStream, "write">;
  colour: boolean;
}

/** Colour follows the terminal and NO_COLOR (https://no-color.org). */
export function wantsColour(stream: { isTTY?: boolean }, environment: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && !environment["NO_COLOR"] && environment["TERM"] !== "dumb";
}

export function createSay({ stream, colour }: SayOptions): Say {
  const paint = (code: string, text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const line = (text: string) => void stream.write(`${text}\n`);
  return {
    line,
    title: (text) => line(`\n${paint("1", text)}`),
    step: (text) => line(`${paint("2", "...")} ${text}`),
    ok: (text) => line(`${paint("32", "ok")}  ${text}`),
    warn: (text) => line(`${paint("33", "warning:")} ${text}`),
    fail(text, hint) {
      line(`${paint("31", "error:")} ${text}`);
      if (hint !== undefined) line(`hint: ${hint}`);
    },
  };
}

/** The terminal of this process. */
export function terminalSay(): Say {
  return createSay({ stream: process.stdout, colour: wantsColour(process.stdout, process.env) });
}
