import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listOperations } from "../../src/contracts/platform.ts";
import { newId } from "../../src/base/ids.ts";
import { asRoot } from "../../src/engine/docker/network/testing/as-root.ts";
import { openHome, type Home } from "../fixtures/command-line.ts";
import { commandDoor, httpDoor, sdkDoor, type Door } from "../fixtures/operations/doors.ts";
import { builtImage, STEPS, type Step, type Walk } from "../fixtures/operations/steps.ts";
import { makeOwnImage, type OwnImage } from "../fixtures/registry/own-image.ts";
import { startSeededRegistry, type SeededRegistry } from "../fixtures/registry/seeded-registry.ts";
import { startServer, type RunningServer } from "../fixtures/running-server.ts";

const LONG = { timeout: 300_000 };

// An allow list, which `network.set` changes, takes a packet filter.
asRoot(() => {
  describe("every operation of one server on docker", () => {
    let home: Home;
    let server: RunningServer;
    let registry: SeededRegistry;
    let own: OwnImage;

    beforeAll(async () => {
      registry = await startSeededRegistry();
      home = await openHome();
      server = await startServer(home);
      own = await makeOwnImage(home);
    }, 120_000);

    afterAll(async () => {
      await home[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
      await own[Symbol.asyncDispose]();
    }, 120_000);

    it.each([
      ["sdk", () => sdkDoor(server)],
      ["http", () => httpDoor(server)],
      ["cli", () => commandDoor(home)],
    ])("answers sensibly through %s", LONG, async (name, open) => {
      const state = walkOf(name, home, { registered: registry.reference, own: own.reference });
      await using _ = { [Symbol.asyncDispose]: () => own.forget(builtImage(state)) };
      const called = await walk(open(), state);
      const missing = listOperations().filter((operation) => !called.has(operation.name));
      expect(missing.map((operation) => operation.name)).toEqual([]);
    });
  });
});

function walkOf(door: string, home: Home, images: Pick<Walk, "registered" | "own">): Walk {
  const names = { box: `${door}-box`, fork: `${door}-fork`, guarded: `${door}-guarded`, snapshot: `${door}-shot` };
  return {
    ...names,
    volume: `${door}-data`,
    network: `${door}-net`,
    label: door,
    tag: `walk-${door}-${newId()}`,
    directory: home.root,
    ...images,
    ids: new Map(),
  };
}

/** The names of the operations that have answered as they should. */
async function walk(door: Door, state: Walk): Promise<ReadonlySet<string>> {
  const called = new Set<string>();
  for (const step of STEPS) {
    const answer = await attempt(door, step, state);
    expect(answer, step.name).toMatchObject(step.answer);
    keep(step, answer, state);
    called.add(step.name);
  }
  return called;
}

async function attempt(door: Door, { name, input, events }: Step, state: Walk): Promise<unknown> {
  const operation = listOperations().find((row) => row.name === name);
  if (operation === undefined) throw new Error(`There is no operation ${name}.`);
  try {
    return await door({ operation, input: input(state), ...(events === undefined ? {} : { events }) });
  } catch (error) {
    throw new Error(`${name} failed`, { cause: error });
  }
}

function keep({ keep: wish }: Step, answer: unknown, { ids }: Walk): void {
  if (wish === undefined) return;
  const value = wish[0].split(".").reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], answer);
  ids.set(wish[1], String(value));
}
