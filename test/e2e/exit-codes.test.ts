import { describe, expect, it } from "vitest";
import { openHome } from "../fixtures/command-line.ts";
import { openHomePlatform } from "../fixtures/local-platform.ts";
import { resultOf } from "../fixtures/memory-domain.ts";

const AT_ONCE = 4;

describe("the exit code of a job", () => {
  it.each(["docker", "process"] as const)(
    "comes back exactly, 0 to 255, on %s",
    async (engine) => {
      await using home = await openHome();
      await using platform = await openHomePlatform(home, engine);
      const codes = Array.from({ length: 256 }, (_, code) => code);
      const seen: (number | null)[] = [];
      const waiting = codes.values();
      const worker = async (): Promise<void> => {
        for (const code of waiting) {
          const { exitCode } = await resultOf(platform.job.run({ command: ["sh", "-c", `exit ${code}`] }));
          seen[code] = exitCode;
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, worker));
      expect(seen).toEqual(codes);
      expect(await platform.receipt.verify({})).toMatchObject({ ok: true, count: 256 });
    },
    240_000,
  );
});
