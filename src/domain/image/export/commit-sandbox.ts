import { isoTime } from "../../../base/clock.ts";
import { z } from "zod";
import type { Call } from "../../context.ts";
import { reachSandbox } from "../../sandbox/sandboxes.ts";
import { discardSnapshot } from "../../snapshot/discard-snapshot.ts";
import { takeSnapshot } from "../../snapshot/take-snapshot.ts";
import { loadableArchive } from "../archive/loadable-archive.ts";
import { imagesOf } from "../images-of.ts";
import { secretWarnings } from "./secret-names.ts";

const Config = z.looseObject({
  config: z.looseObject({
    Env: z.array(z.string()).nullish(),
    Labels: z.record(z.string(), z.string()).nullish(),
  }),
});

export type Committed = AsyncDisposable & {
  readonly reference: string;
  readonly sandboxId: string;
  readonly warnings: readonly string[];
};

/**
 * The files of a sandbox as they are now, as an image of the caller's that goes with its disposal. It has the environment
 * of the image that the sandbox was made from, and nothing of the sandbox's own.
 */
export async function commitSandbox(call: Call, ref: string, exportId: string): Promise<Committed> {
  const { row: sandbox, ...reached } = await reachSandbox(call, ref);
  const { context } = reached;
  const images = imagesOf(context);
  const snapshot = await takeSnapshot(reached, sandbox, { name: null, comment: null, transient: true });
  await using undo = new AsyncDisposableStack();
  const reference = `agent-env:export-${exportId}`;
  let names: readonly string[] = [];
  try {
    const tar = loadableArchive(images.save(snapshot.reference, call.signal), {
      reference,
      maxBytes: Number.MAX_SAFE_INTEGER,
      amend: (config) => {
        const parsed = Config.parse(JSON.parse(Buffer.from(config).toString("utf8")));
        names = (parsed.config.Env ?? []).map((line) => line.split("=")[0] ?? "");
        return plain(parsed);
      },
      checked: () => Promise.resolve(),
    });
    undo.defer(() => images.remove(reference));
    const { digest, sizeBytes } = await images.load({ reference, tar }, call.signal);
    const createdAt = isoTime(context.clock.now());
    undo.defer(() => context.store.images.remove(reference));
    await context.store.images.put({
      ...{ reference, engine: context.engine.name, kind: "imported", owner: sandbox.owner },
      ...{ digest, sizeBytes, createdAt, usedAt: createdAt },
    });
  } finally {
    await discardSnapshot(context, snapshot);
  }
  const commit = `The image is a commit of the sandbox "${sandbox.name ?? sandbox.id}": it holds its files as they are now, without its environment, and cannot be built again.`;
  const kept = undo.move();
  const warnings = [commit, ...secretWarnings(names)];
  return { reference, sandboxId: sandbox.id, warnings, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** Without the labels by which snapshots are known: it is an image like others from now on. */
function plain(config: z.infer<typeof Config>): Uint8Array {
  const labels = Object.entries(config.config.Labels ?? {}).filter(([key]) => !key.startsWith("moorage."));
  return Buffer.from(JSON.stringify({ ...config, config: { ...config.config, Labels: Object.fromEntries(labels) } }));
}
