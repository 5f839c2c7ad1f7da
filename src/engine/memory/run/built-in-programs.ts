import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { RunSignal } from "../../engine.ts";
import { FileProblem } from "../file/file-store.ts";
import type { MemoryProgram, ProgramContext } from "./program.ts";

const LINE = Buffer.from("a line that never ends to come\n".repeat(512));

/** The programs that every memory unit has; `print` and its like print exactly what they are given. */
export const builtInPrograms: Readonly<Record<string, MemoryProgram>> = {
  true: () => 0,
  false: () => 1,
  exit: ({ argv }) => Number(argv[1] ?? 0) & 0xff,
  echo: ({ argv, stdout }) => done(stdout(`${argv.slice(1).join(" ")}\n`)),
  print: async ({ argv, stdout, stderr }) => {
    await stdout(argv[1] ?? "");
    return done(stderr(argv[2] ?? ""));
  },
  "print-error": ({ argv, stderr }) => done(stderr(`${argv.slice(1).join(" ")}\n`)),
  "print-arguments": ({ argv, stdout }) =>
    done(
      stdout(
        argv
          .slice(1)
          .map((value) => `${value}\0`)
          .join(""),
      ),
    ),
  "print-env": ({ argv, env, stdout }) => {
    const value = env[argv[1] ?? ""];
    return value === undefined ? 1 : done(stdout(`${value}\n`));
  },
  env: ({ env, stdout }) =>
    done(
      stdout(
        Object.entries(env)
          .map(([name, value]) => `${name}=${value}\n`)
          .join(""),
      ),
    ),
  pwd: ({ cwd, stdout }) => done(stdout(`${cwd}\n`)),
  uid: ({ user, stdout }) => done(stdout(`${user.uid}\n`)),
  cat: async (context) => {
    if (context.argv.length > 1) return read(context);
    for await (const chunk of context.stdin) await context.stdout(chunk);
    return 0;
  },
  read,
  write: ({ argv, files }) => done(files.write(argv[1] ?? "", argv[2] ?? "")),
  fill: ({ argv, files }) => done(files.write(argv[1] ?? "", new Uint8Array(Number(argv[2] ?? 0)))),
  swap: async ({ argv: [, path = "", name = "", target = ""], files, stdout, signal, sleep }) => {
    await stdout("ready");
    while (!signal.aborted) {
      await files.remove(path);
      await files.makeDirectory(path);
      await files.write(`${path}/${name}`, "inside");
      await sleep(0);
      await files.remove(path);
      await files.link(target, path).catch(ignoreTaken);
      await sleep(0);
    }
    return 0;
  },
  link: ({ argv, files }) => done(files.link(argv[1] ?? "", argv[2] ?? "")),
  owner: async ({ argv, files, stdout }) => {
    const { uid, gid } = await files.owner(argv[1] ?? "");
    return done(stdout(`${uid}:${gid}\n`));
  },
  // `serve 8080 /health` answers "fine" there after it said so, and 503 elsewhere.
  serve,
  // `reach web 8080` ends with 0 when something of the unit's network answers there.
  reach: async ({ argv, peer, signal }) => {
    const address = peer(argv[1] ?? "", Number(argv[2]));
    if (address === undefined) return 1;
    await fetch(`http://${address.host}:${address.port}/`, { signal });
    return 0;
  },
  sleep: pause,
  stubborn: (context) => {
    context.trap("TERM", () => undefined);
    return pause(context);
  },
  "fork-tree": forkTree,
  "leave-beating": async (context) => {
    context.spawn(() => beat(context, seconds(context.argv[2])));
    await context.sleep(100);
    return 0;
  },
  "tell-signals": tellSignals,
  "watch-terminal": watchTerminal,
  "leave-child": async ({ argv, stdout, sleep, spawn }) => {
    spawn(() => sleep(seconds(argv[1])));
    return done(stdout("started"));
  },
  "close-output": async ({ argv, closeOutput, sleep }) => {
    closeOutput();
    await sleep(seconds(argv[1]));
    return Number(argv[2] ?? 0);
  },
  "kill-itself": ({ end }) => {
    end({ exitCode: 137, signal: "SIGKILL" });
    return 137;
  },
  spam: async ({ argv, stdout }) => {
    let left = argv[1] === undefined ? Infinity : Number(argv[1]);
    for (; left > 0; left -= LINE.byteLength) await stdout(left < LINE.byteLength ? LINE.subarray(0, left) : LINE);
    return 0;
  },
  bytes: ({ argv, stdout }) => done(stdout(Buffer.from(argv[1] ?? "", "hex"))),
  allocate: ({ argv, allocate }) => {
    allocate(Number(argv[1] ?? 0));
    return 0;
  },
};

async function done(work: Promise<void>): Promise<number> {
  await work;
  return 0;
}

function seconds(text: string | undefined): number {
  return Number(text ?? 0) * 1000;
}

async function read({ argv, files, stdout }: ProgramContext): Promise<number> {
  for (const path of argv.slice(1)) await stdout(await files.read(path));
  return 0;
}

// `sleep 1.5 ready` prints "ready" before it waits.
async function pause({ argv, stdout, sleep }: ProgramContext): Promise<number> {
  await stdout(argv[2] ?? "");
  await sleep(seconds(argv[1]));
  return 0;
}

async function forkTree(context: ProgramContext): Promise<number> {
  const { argv, sleep, spawn, stdout, trap } = context;
  trap("TERM", () => undefined);
  await stdout("ready");
  const time = seconds(argv[2]);
  spawn(() => beat(context, time));
  await sleep(time);
  return 0;
}

async function beat({ argv, files, sleep }: ProgramContext, time: number): Promise<void> {
  for (let count = 1; count * 20 < time; count += 1) {
    await files.write(argv[1] ?? "", `${count}\n`);
    await sleep(20);
  }
}

/** Prints the signal's name each time that it comes. */
async function tellSignals({ argv, sleep, stdout, trap }: ProgramContext): Promise<number> {
  const names = argv.slice(2) as RunSignal[];
  for (const name of names) trap(name, () => void stdout(`${name}\n`));
  await stdout("ready\n");
  await sleep(seconds(argv[1]));
  return 0;
}

async function watchTerminal({ argv, onResize, sleep, stdout, terminal }: ProgramContext): Promise<number> {
  const tell = (): Promise<void> => stdout(`${terminal()?.rows} ${terminal()?.columns}\n`);
  onResize(() => void tell());
  await tell();
  await sleep(seconds(argv[1]));
  return 0;
}

async function serve({ argv, stdout, listening, signal }: ProgramContext): Promise<number> {
  const server = createServer(({ url }, response) => response.writeHead(url === argv[2] ? 200 : 503).end("fine\n"));
  try {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { address, port } = server.address() as AddressInfo;
    listening(Number(argv[1]), { host: address, port });
    await stdout(`serving on port ${argv[1]}\n`);
    if (!signal.aborted) await once(signal, "abort");
    return 0;
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

// Somebody else may have made something of that name meanwhile.
function ignoreTaken(error: unknown): void {
  if (!(error instanceof FileProblem)) throw error;
}
