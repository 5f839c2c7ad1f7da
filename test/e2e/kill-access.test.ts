import { expect, it } from "vitest";
import { isMoorageError } from "../../src/base/errors.ts";
import type { Platform } from "../../src/contracts/platform.ts";
import { openHome, type Home } from "../fixtures/command-line.ts";
import { startServer } from "../fixtures/running-server.ts";

const ROUNDS = 3;
const MOST_CALLS = 40;

type Told = { readonly keys: Set<string>; readonly revoked: Set<string>; readonly users: Map<string, string> };

/** Makes users and keys, changes and revokes them, until the server is gone; notes what was answered. */
async function work(platform: Platform, told: Told, round: number): Promise<number> {
  for (let n = 0; ; n += 1) {
    try {
      const { name } = await platform.user.create({ name: `u${round}-${n}` }, { idempotencyKey: `${round}-${n}` });
      told.users.set(name, "member");
      const { id } = await platform.key.create({ user: name });
      told.keys.add(id);
      await platform.user.update({ name, role: "viewer" });
      told.users.set(name, "viewer");
      await platform.key.revoke({ id });
      told.revoked.add(id);
    } catch (error) {
      if (isMoorageError(error) && error.code === "SERVER_UNREACHABLE") return n;
      throw error;
    }
  }
}

async function killed(home: Home, told: Told, round: number): Promise<number> {
  const server = await startServer(home, { engine: "process" });
  const before = told.users.size;
  const working = work(server.sdk, told, round);
  // At whichever of its writes it is by then.
  const until = before + 1 + Math.floor(Math.random() * MOST_CALLS);
  await expect.poll(() => told.users.size, { timeout: 30_000, interval: 1 }).toBeGreaterThanOrEqual(until);
  await server.kill();
  return working;
}

it(
  "a server that is killed while it writes users, keys and answers keeps what it has told",
  { timeout: 300_000 },
  async () => {
    await using home = await openHome();
    const told: Told = { keys: new Set(), revoked: new Set(), users: new Map() };
    const cut: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) cut.push(await killed(home, told, round));
    await using server = await startServer(home, { engine: "process" });
    const { sdk } = server;
    for (const [name, role] of told.users) {
      const user = await sdk.user.get({ name });
      // What was not answered may have been done.
      expect(role === "member" ? ["member", "viewer"] : ["viewer"]).toContain(user.role);
    }
    for (const id of told.keys) expect((await sdk.key.get({ id })).id).toBe(id);
    for (const id of told.revoked) expect((await sdk.key.get({ id })).revokedAt).not.toBeNull();
    for (const [round, n] of cut.entries()) {
      const name = `u${round}-${n}`;
      const replayed = await sdk.user.create({ name: `u${round}-0` }, { idempotencyKey: `${round}-0` });
      expect(replayed).toMatchObject({ name: `u${round}-0`, role: "member" });
      // The call that was cut off: done and told, done anew, or said to be unknown, but never twice.
      const again = await sdk.user.create({ name }, { idempotencyKey: `${round}-${n}` }).then(
        (user) => user.name,
        (error: unknown) => (isMoorageError(error) ? error.code : String(error)),
      );
      expect([name, "ANSWER_LOST"]).toContain(again);
    }
    expect(await sdk.receipt.verify({})).toMatchObject({ ok: true });
  },
);

it("a second server of the same state is refused, and leaves the first as it is", async () => {
  await using home = await openHome();
  await using server = await startServer(home, { engine: "process" });
  const second = await home.moorage(["serve", "--engine", "process"]);
  expect(second).toMatchObject({ code: 1, stdout: "" });
  expect(second.stderr).toContain(`error: A Moorage server is already listening at ${server.socket}.`);
  expect(second.stderr).toContain("hint: ");
  expect(await server.sdk.auth.whoami({})).toMatchObject({ owner: "local" });
});
