import { join } from "node:path";
import { expect, it } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { openHome } from "../fixtures/command-line.ts";
import { openHomePlatform } from "../fixtures/local-platform.ts";

const soon = { timeout: 30_000 };

it("a process that lives long, as `moorage mcp` without a server, settles what it has left off by itself", async () => {
  await using home = await openHome();
  await using platform = await openHomePlatform(home, "process", 100);
  await using store = openSqliteStore(join(home.path, "moorage.db"));
  const { id } = await platform.sandbox.create({});
  try {
    const { holder = "" } = (await store.sandboxes.get(id)) ?? {};
    const pending = { id: "left", action: "stop", by: "owner", reason: null, holder } as const;
    await store.sandboxes.transition(id, {}, { pending });
    await expect.poll(async () => (await store.sandboxes.get(id))?.pending, soon).toBeNull();
  } finally {
    await platform.sandbox.remove({ id });
  }
});
