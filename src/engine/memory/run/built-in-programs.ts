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
  link: ({ argv, files }) => done(files.link(argv[1] ?? "", argv[2] ?? "")),
  owner: async ({ argv, files, stdout }) => {
    const { uid, gid } = await files.owner(argv[1] ?? "");
    return done(stdout(`${uid}:${gid}\n`));
  },
  sleep: pause,
  stubborn: (context) => {
    context.trapTerm();
    return pause(context);
  },
  "fork-tree": forkTree,
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

async function forkTree({ argv, files, sleep, spawn, stdout, trapTerm }: ProgramContext): Promise<number> {
  trapTerm();
  await stdout("ready");
  const time = seconds(argv[2]);
  spawn(async () => {
    for (let beat = 1; beat * 20 < time; beat += 1) {
      await files.write(argv[1] ?? "", `${beat}\n`);
      await sleep(20);
    }
  });
  await sleep(time);
  return 0;
}
