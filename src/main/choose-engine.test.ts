import { describe, expect, it } from "vitest";
import { MoorageError } from "../base/errors.ts";
import { createMemoryEngine } from "../engine/memory/memory-engine.ts";
import { chooseEngine, type EngineOptions } from "./choose-engine.ts";

type State = "works" | "broken";

/** Two engines, each of which works or does not. */
function engines(docker: State, process: State) {
  const make = (state: State, name: string) => {
    const { engine, control } = createMemoryEngine();
    if (state === "broken") control.failNext("info", new MoorageError("ENGINE_UNREACHABLE", `${name} is not there.`));
    return engine;
  };
  const both = { docker: make(docker, "Docker"), process: make(process, "bubblewrap") };
  const options: EngineOptions = {
    requested: undefined,
    needsImages: false,
    docker: () => both.docker,
    process: () => both.process,
  };
  return { both, options };
}

describe("the engine", () => {
  it("is Docker when it answers", async () => {
    const { both, options } = engines("works", "works");
    expect(await chooseEngine(options)).toEqual({ engine: both.docker, warnings: [] });
  });

  it("is the process engine when Docker does not answer, with a warning that says why", async () => {
    const { both, options } = engines("broken", "works");
    const chosen = await chooseEngine(options);
    expect(chosen.engine).toBe(both.process);
    expect(chosen.warnings).toEqual([
      expect.stringContaining("Docker is not there. Using the embedded process engine"),
    ]);
  });

  it.each([{ needsImages: true }, { requested: "docker" as const }])("is Docker alone with %j", async (asked) => {
    const { both, options } = engines("broken", "works");
    expect((await chooseEngine({ ...options, ...asked })).engine).toBe(both.docker);
  });

  it("is the process engine when it is asked for", async () => {
    const { both, options } = engines("works", "works");
    expect((await chooseEngine({ ...options, requested: "process" })).engine).toBe(both.process);
  });

  it("is Docker, which then tells what to do, when neither can work", async () => {
    const { both, options } = engines("broken", "broken");
    const chosen = await chooseEngine(options);
    expect(chosen.engine).toBe(both.docker);
    expect(chosen.warnings[0]).toContain("bubblewrap is not there.");
  });
});
