import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { z } from "zod";

const Found = z.object({
  warnings: z.array(z.string()),
  failed: z.array(z.unknown()),
  identity: z.string(),
  mapped: z.string(),
  host: z.string(),
  processes: z.string(),
  memory: z.string(),
  closed: z.string(),
  refused: z.string(),
  left: z.number(),
});

/** Somebody who is not root: whoever runs the tests, or, where that is root, a user of no name. */
const USER = 61_234;

async function asOrdinaryUser(script: URL, ...within: readonly string[]): Promise<unknown> {
  const asUser =
    process.getuid?.() === 0 ? ["setpriv", `--reuid=${USER}`, `--regid=${USER}`, "--clear-groups", "--"] : [];
  const [program, ...args] = [...asUser, ...within, process.execPath, script.pathname];
  const env = { PATH: process.env["PATH"] ?? "" };
  const { stdout } = await promisify(execFile)(program, args, { env, timeout: 60_000 });
  return JSON.parse(stdout);
}

test("Moorage of an ordinary user runs programs, keeps limits by itself, and says what it cannot do", async () => {
  const found = Found.parse(await asOrdinaryUser(new URL("testing/moorage-of-a-user.ts", import.meta.url)));
  const uid = process.getuid?.() === 0 ? USER : (process.getuid?.() ?? 0);
  const gid = process.getuid?.() === 0 ? USER : (process.getgid?.() ?? 0);
  expect(found.failed).toEqual([]);
  expect(found.identity).toBe(`${uid}\n${gid}\nSeccomp:\t2 0`);
  expect(found.mapped).toBe("1000 0");
  expect(found.host).toBe("given by the host 0");
  expect(found.closed).toBe(" 0");
  expect(found.refused).toMatch(/memory/);
  expect(found.left).toBe(0);
  expect(found.warnings.join("\n")).toMatch(new RegExp(`same user \\(uid ${uid}\\)`));
  expect(Number(found.processes.split(" ")[0])).toBeLessThan(64);
  expect(found.memory).toMatch(/ 137 oom$/);
});

test("where user namespaces are forbidden, nothing starts, and it is told what to allow", async () => {
  const within = ["bwrap", "--unshare-user", "--disable-userns", "--dev-bind", "/", "/", "--"];
  const found = await asOrdinaryUser(new URL("testing/moorage-without-namespaces.ts", import.meta.url), ...within);
  const refusal = { code: "ENGINE_UNSUPPORTED", hint: expect.stringContaining("sysctl -w") as unknown };
  expect(found).toMatchObject({ info: refusal, job: refusal, left: [] });
  expect(found).toHaveProperty("findings", expect.arrayContaining([FORBIDDEN]));
});

const FORBIDDEN: unknown = expect.objectContaining({ check: "engine.namespaces", status: "failed" });
