import { describe, expect, test } from "vitest";

import { defaultEngineFiles, startDockerd } from "./docker-engine.ts";
import { engineVersion, pingEngine } from "./engine-presence.ts";
import { withPrivateEngines, privateEngineFiles } from "./private-engine.ts";
import { isAlive, listProcesses } from "./processes.ts";

const signal = () => AbortSignal.timeout(60_000);

test("the engine of a user belongs to the user's group, that of root to nobody else", () => {
  expect(defaultEngineFiles("/tmp/log", 1000).args).toEqual(["--group", "1000"]);
  expect(defaultEngineFiles("/tmp/log", 0).args).toEqual([]);
});

await withPrivateEngines(() => {
  describe("a second engine on this machine", () => {
    test("an engine that is started answers, and is gone with its children when it is stopped", async () => {
      await using files = await privateEngineFiles();
      const ofEngine = async () => (await listProcesses()).filter(({ command }) => command.includes(files.execRoot));
      const engine = await startDockerd({ files, signal: signal() });
      try {
        expect(await pingEngine(engine.address, signal())).toBe("answers");
        expect(await engineVersion(engine.address, signal())).toMatch(/^\d+\./);
        expect(await ofEngine()).toHaveLength(2);
      } finally {
        await engine[Symbol.asyncDispose]();
      }
      expect(await isAlive(engine.pid)).toBe(false);
      expect(await ofEngine()).toEqual([]);
      expect(await pingEngine(engine.address, signal())).toBe("absent");
    });

    test("an engine that cannot start is told with the end of its log", async () => {
      await using files = await privateEngineFiles();
      const broken = { ...files, args: [...files.args, "--storage-driver", "no-such-driver"] };
      await expect(startDockerd({ files: broken, signal: signal() })).rejects.toThrow(/no-such-driver[^]*docker\.log/);
    });

    test("an engine that was given up while it started is not left behind", async () => {
      await using files = await privateEngineFiles();
      const start = startDockerd({ files, signal: signal(), deadlineMs: 1 });
      await expect(start).rejects.toThrow(`dockerd does not answer on ${files.socket}`);
      const left = (await listProcesses()).filter(({ command }) => command.includes(files.execRoot));
      expect(left).toEqual([]);
    });
  });
});
