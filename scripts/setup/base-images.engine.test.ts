import { describe, expect, test } from "vitest";

import { ensureBaseImages, findImage } from "./base-images.ts";
import { engineJson, type EngineAddress } from "./engine-http.ts";
import { withPrivateEngines, privateEngine } from "./private-engine.ts";
import { pullImage } from "./pull-image.ts";
import { removeStandIns, standInTags } from "./remove-stand-ins.ts";
import { createSay } from "./say.ts";
import { makeStandIn } from "./stand-ins.ts";

const signal = () => AbortSignal.timeout(60_000);
const tag = "busybox:latest";

function copyTag(engine: EngineAddress, repo: string): Promise<unknown> {
  const path = `/images/${tag}/tag?repo=${repo}&tag=latest`;
  return engineJson(engine, { method: "POST", path, signal: signal() });
}

test("only a tag that names itself on the label is a stand-in", () => {
  const Labels = { "dev.moorage.stand-in": "true", "dev.moorage.stand-in.tag": "python:3.11-slim" };
  expect(standInTags({ RepoTags: ["python:3.11-slim", "mine:1"], Labels })).toEqual(["python:3.11-slim"]);
  expect(standInTags({ RepoTags: ["mine:1"], Labels })).toEqual([]);
  expect(standInTags({ RepoTags: null, Labels })).toEqual([]);
  expect(standInTags({ RepoTags: ["mine:1"], Labels: null })).toEqual([]);
});

await withPrivateEngines(() => {
  describe("on an engine of its own", () => {
    test("a stand-in says what it is, stays when it is there, and is removed by its own tag only", async () => {
      await using engine = await privateEngine(signal());
      const on = { engine: engine.address, signal: signal() };
      expect(await findImage(tag, on)).toBe("missing");
      await makeStandIn(tag, on);
      expect(await findImage(tag, on)).toBe("stand-in");

      const lines: string[] = [];
      const say = createSay({ stream: { write: (text: string) => lines.push(text) > 0 }, colour: false });
      await ensureBaseImages([tag], { ...on, say, command: "test" });
      expect(lines.join("")).toMatch(/^ok {2}busybox:latest is here \(stand-in: Debian's busybox-static, .*\)\n$/);

      await copyTag(engine.address, "mine");
      expect(await removeStandIns(engine.address, signal())).toEqual([tag]);
      expect(await findImage(tag, on)).toBe("missing");
      expect(await findImage("mine:latest", on)).toBe("stand-in");
    });

    test("an engine that reaches no registry says so", async () => {
      await using engine = await privateEngine(signal());
      const on = { engine: engine.address, image: "127.0.0.1:1/absent:1", signal: signal() };
      expect(JSON.stringify(await pullImage(on))).toMatch(/"unreachable".*network is unreachable/);
    });
  });
});
