import { runOrThrow } from "../../scripts/setup/run-program.ts";
import { sleep } from "../../src/base/deadline.ts";
import { startRegistry, type TestRegistry } from "../../test/fixtures/registry/registry.ts";
import { compare, comparison, type Contender } from "../compare.ts";
import { IMAGE, type BenchCase, type BenchContext } from "./bench.ts";

const LAYERS = 5;
const LAYER_BYTES = 4_000_000;
const ROUNDS = 20;
const LOOK_MS = 50;
const DEADLINE_MS = 60_000;
const TAG = "agent-env:bench-push";

/** Pushes of an image that its registry has already, beside `docker push`, to a real registry on loopback. */
export const registry: BenchCase = {
  name: "registry",
  run: async ({ server }) => {
    await using undo = new AsyncDisposableStack();
    const there = undo.use(await startRegistry());
    const { image } = server.platform;
    undo.defer(async () => {
      await image.remove({ reference: TAG });
      await image.prune({ unusedMs: 0 });
    });
    const steps = Array.from({ length: LAYERS }, (_none, index) => {
      return `RUN head -c ${LAYER_BYTES} /dev/urandom > /layer-${index}\n`;
    });
    await Array.fromAsync(image.build({ files: { Dockerfile: `FROM ${IMAGE}\n${steps.join("")}` }, tag: TAG }));

    const first = await pushed(server, `${there.host}/bench/ours:1`);
    if (first !== LAYERS + 1) throw new Error(`The first push has sent ${first} layers.`);
    await manifests(there, "ours", 1);
    const before = uploads(there, "ours");
    const plainName = `${there.host}/bench/plain:1`;
    await docker("tag", TAG, plainName);
    undo.defer(async () => void (await docker("rmi", plainName)));
    const contenders = [ours(server, `${there.host}/bench/ours:1`), plain(plainName)] as const;
    const line = await compare("push an image that the registry has", contenders, { rounds: ROUNDS });
    // The first push, the one that warms up, and the rounds: each ends with its manifest, which is told after all layers.
    await manifests(there, "ours", ROUNDS + 2);
    const sent = comparison(
      "requests for uploads of layers",
      [
        { name: `of ${ROUNDS + 1} such pushes`, times: [uploads(there, "ours") - before] },
        { name: "of the first push", times: [before] },
      ],
      { p50: 0 },
    );
    return [line, sent];
  },
};

/** How many layers it has sent. */
async function pushed({ platform }: BenchContext["server"], to: string): Promise<number> {
  const last = (await Array.fromAsync(platform.image.push({ reference: TAG, to }))).at(-1);
  if (last?.type !== "result") throw new Error("The push has no result.");
  return last.result.layersPushed;
}

function ours(server: BenchContext["server"], to: string): Contender {
  return {
    name: "image.push",
    run: async () => {
      const layers = await pushed(server, to);
      if (layers !== 0) throw new Error(`It has sent ${layers} layers again.`);
    },
  };
}

function plain(to: string): Contender {
  return { name: "docker push", run: async () => void (await docker("push", "-q", to)) };
}

function docker(...args: readonly string[]): Promise<string> {
  return runOrThrow(["docker", ...args], { deadlineMs: DEADLINE_MS });
}

function uploads({ requests }: TestRegistry, name: string): number {
  return requests().filter(
    (line) => /^(?:POST|PATCH|PUT) /.test(line) && line.includes(`/bench/${name}/blobs/uploads/`),
  ).length;
}

async function manifests({ requests }: TestRegistry, name: string, count: number): Promise<void> {
  const end = performance.now() + DEADLINE_MS;
  const puts = (): number => requests().filter((line) => line.startsWith(`PUT /v2/bench/${name}/manifests/`)).length;
  while (puts() < count) {
    if (performance.now() > end) throw new Error(`The registry tells of ${puts()} manifests of ${name}.`);
    await sleep(LOOK_MS);
  }
}
