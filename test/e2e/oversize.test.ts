import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import type { WireError } from "../../src/base/errors.ts";
import type { RemotePlatform } from "../../src/main/remote-platform.ts";
import { openHome, resultOf as resultOfCommand } from "../fixtures/command-line.ts";
import { resultOf } from "../fixtures/memory-domain.ts";
import { startServer } from "../fixtures/running-server.ts";

type Told = Pick<WireError, "code" | "message" | "hint">;

const BIG = "x".repeat(10_000_000);
const PIECES = Array.from({ length: 100 }, () => "x".repeat(100_000));
const VARIABLES = Object.fromEntries(PIECES.map((value, index) => [`V${index}`, value]));
const CORRECT = "Correct the value named in the message; `--help` shows what each option takes.";
const CUT = `${"x".repeat(80)}…`;
const BY_FILE = "pass larger data by a file or by stdin.";
const ARGUMENTS = `command: expected at most 1 MiB of arguments; ${BY_FILE}`;
const ENVIRONMENT = `env: expected at most 1 MiB of variables; ${BY_FILE}`;

/** Asked of runs, jobs and sandboxes. */
type Oversize = {
  readonly what: string;
  readonly input: { command: string[]; env?: Record<string, string> };
  readonly message: string;
};

const OVERSIZE: readonly Oversize[] = [
  {
    what: "one argument of 10 MB",
    input: { command: ["true", BIG] },
    message: `command.1: expected less than 128 KiB in one argument (got "${CUT}"); ${ARGUMENTS}`,
  },
  { what: "10 MB of arguments", input: { command: ["true", ...PIECES] }, message: ARGUMENTS },
  {
    what: "a variable of 10 MB",
    input: { command: ["true"], env: { BIG } },
    message: `env.BIG: expected less than 128 KiB in one argument; ${ENVIRONMENT}`,
  },
  { what: "10 MB of variables", input: { command: ["true"], env: VARIABLES }, message: ENVIRONMENT },
];

describe.each(["docker", "process"] as const)("what the kernel would not take, on %s", (engine) => {
  it("is refused in the same words to the SDK and to HTTP, for runs, jobs and sandboxes", async () => {
    await using home = await openHome();
    await using server = await startServer(home, { engine });
    const { sdk, socket } = server;
    const image = engine === "docker" ? { image: "busybox:latest" } : {};
    const { id } = await sdk.sandbox.create(image);
    for (const { what, input, message } of OVERSIZE) {
      const told = (name: string): Told => ({ code: "INVALID_INPUT", message: `${name}: ${message}`, hint: CORRECT });
      expect(await ofRun(sdk.sandbox.exec({ id, ...input })), what).toEqual(told("sandbox.exec"));
      expect(await post(socket, `/v1/sandboxes/${id}/exec`, input), what).toEqual(told("sandbox.exec"));
      expect(await ofRun(sdk.job.run({ ...image, ...input })), what).toEqual(told("job.run"));
      expect(await post(socket, "/v1/jobs", { ...image, ...input }), what).toEqual(told("job.run"));
      expect(await ofCall(sdk.sandbox.create({ ...image, ...input })), what).toEqual(told("sandbox.create"));
    }
    // What fits one by one, and not together, only the engine sees.
    const half = {
      command: ["true", ...PIECES.slice(0, 10)],
      env: Object.fromEntries(Object.entries(VARIABLES).slice(0, 10)),
    };
    const together = { code: "INVALID_INPUT", hint: "Pass large data by a file or by stdin." };
    const message = "Arguments and environment take 2000223 bytes; the kernel passes at most 1900000.";
    expect(await ofRun(sdk.sandbox.exec({ id, ...half }))).toEqual({ ...together, message });
    expect(await ofRun(sdk.job.run({ ...image, ...half }))).toEqual({ ...together, message });
    expect((await sdk.sandbox.runs({ id })).items).toEqual([]);
    expect((await sdk.sandbox.list({})).items).toHaveLength(1);
    expect(await still(sdk, id)).toBe("alive\n");
  });

  it("is refused in the same words on the command line", async () => {
    await using home = await openHome();
    const file = join(home.root, "jobs.jsonl");
    await writeFile(file, `${JSON.stringify({ command: ["true", BIG] })}\n`);
    const pieces = PIECES.slice(0, 12);
    for (const [args, message] of [
      [["jobs", "--engine", engine, file], `${file}: expected at most 8 MiB of jobs (it has more).`],
      [
        ["run", "--engine", engine, "--", "true", ...pieces],
        `COMMAND: expected at most 1 MiB of arguments; ${BY_FILE}`,
      ],
      [
        ["run", "--engine", engine, ...pieces.flatMap(flag), "--", "true"],
        `--env: expected at most 1 MiB of variables; ${BY_FILE}`,
      ],
    ] as const) {
      const { code, stdout, stderr } = await home.moorage(args);
      expect({ code, stdout }).toEqual({ code: 125, stdout: "" });
      expect(stderr).toContain(`error: ${message}\nhint: `);
    }
  });

  it("goes by stdin: 10 MB arrive whole by every door", async () => {
    await using home = await openHome();
    const sum = createHash("sha256").update(BIG).digest("hex");
    const image = engine === "docker" ? ["--image", "busybox:latest"] : [];
    const cli = await home.moorage(["run", "--json", "-i", "--engine", engine, ...image, "--", "sha256sum"], {
      input: BIG,
    });
    expect(resultOfCommand(cli).stdout).toBe(`${sum}  -\n`);
    await using server = await startServer(home, { engine });
    const wish = engine === "docker" ? { image: "busybox:latest" } : {};
    const job = await resultOf(server.sdk.job.run({ ...wish, command: ["sha256sum"], stdin: BIG }));
    expect(job).toMatchObject({ exitCode: 0, stdout: `${sum}  -\n` });
  });
});

function flag(value: string, index: number): string[] {
  return ["-e", `V${index}=${value}`];
}

async function still(sdk: RemotePlatform, id: string): Promise<string> {
  return (await resultOf(sdk.sandbox.exec({ id, command: ["echo", "alive"] }))).stdout;
}

function ofRun(events: ReturnType<RemotePlatform["job"]["run"]>): Promise<Told> {
  return ofCall(resultOf(events));
}

async function ofCall(call: Promise<unknown>): Promise<Told> {
  const error = await call.then(
    (answer) => Promise.reject(new Error(`It was accepted: ${JSON.stringify(answer).slice(0, 200)}`)),
    (reason: unknown) => reason as Told,
  );
  return { code: error.code, message: error.message, hint: error.hint };
}

/** The error that a plain HTTP client is told. */
async function post(socketPath: string, path: string, body: object): Promise<Told> {
  const answered = Promise.withResolvers<unknown>();
  const headers = { "content-type": "application/json" };
  const call = request({ socketPath, path, method: "POST", headers }, (response) => answered.resolve(json(response)));
  call.on("error", answered.reject);
  call.end(JSON.stringify(body));
  const { error } = (await answered.promise) as { error: Told };
  return { code: error.code, message: error.message, hint: error.hint };
}
