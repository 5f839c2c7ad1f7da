import { expect, it } from "vitest";
import { MoorageError } from "../../../base/errors.ts";
import type { RunSpec } from "../../engine.ts";
import { failureOf, openDockerFixture } from "../docker-fixture.ts";

const LONG = { timeout: 120_000 };
/** An image whose shell waits before it does anything, for so many seconds as it is told. */
const SLOW_SHELL = `FROM busybox:latest
RUN mkdir /slow && cp /bin/busybox /slow/busybox && rm /bin/sh \\
 && printf '#!/slow/busybox sh\\n/slow/busybox sleep "\${SLOW:-0}"\\nexec /slow/busybox sh "$@"\\n' >/bin/sh && chmod 755 /bin/sh
`;
/** The ways in which a run may be started, by the file that its program would make. */
const WAYS: Readonly<Record<string, Partial<RunSpec>>> = {
  plain: {},
  "with-input": { stdin: Buffer.from("x") },
  "as-another-user": { user: "root" },
  "on-a-terminal": { tty: { columns: 80, rows: 24 } },
};

it("a run that does not announce itself in time is told as not started, and never begins", LONG, async () => {
  await using fixture = openDockerFixture({ announceMs: 500 });
  const { engine, processes } = fixture;
  const id = await fixture.sandbox({ image: await fixture.image(SLOW_SHELL) });
  const starts = Object.entries(WAYS).map(([name, way]) =>
    failureOf(
      engine.exec(id, { command: ["touch", `/workspace/ran-${name}`], cwd: "/workspace", env: { SLOW: "3" }, ...way }),
    ),
  );
  for (const failure of await Promise.all(starts)) {
    expect(failure).toMatchObject({
      code: "ENGINE_TIMEOUT",
      message: "Starting a run in the sandbox did not finish within 500 ms.",
    });
  }
  const left = async (): Promise<readonly string[]> =>
    (await processes(id)).filter((line) => /sleep 3|\/workspace\/ran-/.test(line));
  await expect.poll(left, { timeout: 60_000 }).toEqual([]);
  expect(await engine.files.list(id, "/workspace")).toEqual([]);
});

it("a run whose handle cannot be kept never begins, and one that begins has told it before", LONG, async () => {
  for (const warm of [true, false]) {
    await using fixture = openDockerFixture({ warm });
    const { engine } = fixture;
    const id = await fixture.sandbox();
    const spec = (name: string): RunSpec => ({ command: ["touch", `/workspace/${name}`], cwd: "/workspace", env: {} });
    const lost = () => Promise.reject(new MoorageError("DISK_FULL", "There is no room."));
    expect((await failureOf(engine.exec(id, { ...spec("unkept"), onHandle: lost }))).code).toBe("DISK_FULL");
    const told: string[] = [];
    const kept = async (handle: string): Promise<void> => {
      expect((await engine.files.list(id, "/workspace")).map(({ name }) => name)).toEqual([]);
      told.push(handle);
    };
    const run = await engine.exec(id, { ...spec("kept"), onHandle: kept });
    expect((await run.exit).exitCode).toBe(0);
    expect(told.at(-1)).toBe(run.handle);
    expect((await engine.files.list(id, "/workspace")).map(({ name }) => name)).toEqual(["kept"]);
  }
});
