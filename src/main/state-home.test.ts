import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openStateHome } from "./state-home.ts";

describe("the state directory", () => {
  it("is made at the first start, for its owner only, and stays what it was", async () => {
    const directory = await mkdtemp(join(tmpdir(), "moorage-state-"));
    const path = join(directory, "home");
    try {
      // Many first starts at once agree on one deployment and one key.
      const opened = await Promise.all(Array.from({ length: 8 }, () => openStateHome(path)));
      expect(new Set(opened.map((state) => state.deployment)).size).toBe(1);
      expect(new Set(opened.map((state) => Buffer.from(state.labelKey).toString("hex"))).size).toBe(1);
      expect((await openStateHome(path)).deployment).toBe(opened[0]?.deployment);
      for (const name of ["deployment", "labels", "receipts.pem"]) {
        expect((await stat(join(path, "keys", name))).mode & 0o777).toBe(0o600);
      }
      expect((await stat(join(path, "keys"))).mode & 0o777).toBe(0o700);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it.each(["/dev/null/nowhere", "/proc/nowhere/deep"])("that cannot be made is STATE_UNUSABLE: %s", async (path) => {
    await expect(openStateHome(path)).rejects.toMatchObject({
      code: "STATE_UNUSABLE",
      message: expect.stringContaining(path) as string,
    });
  });
});
