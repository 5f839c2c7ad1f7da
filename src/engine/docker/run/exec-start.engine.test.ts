import { expect, it } from "vitest";
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
