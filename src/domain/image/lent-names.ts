import { MoorageError } from "../../base/errors.ts";
import { parseImageReference } from "../../base/image-reference.ts";
import type { ImageInfo } from "../../engine/engine.ts";
import type { LentName } from "../../store/store.ts";
import type { Call, DomainContext } from "../context.ts";
import { onEngine } from "../on-engine.ts";
import { imagesOf } from "./images-of.ts";

type Owning = Pick<Call, "context" | "principal">;

/**
 * An engine sends an image to where its name says. So it gets that name for as long as it is pushed; it is written down
 * before the engine knows it, since nobody but the image's owner may get the image by it. A name that another image has,
 * or that something of others is made of, is left to that.
 */
export async function lendName(
  { context, principal }: Owning,
  { source, target }: { readonly source: ImageInfo; readonly target: string },
  signal: AbortSignal,
): Promise<AsyncDisposable> {
  const { owner } = principal;
  const { engine, holders, store } = context;
  await refuseOfOthers({ context, principal }, target);
  const lent: LentName = {
    ...{ reference: target, engine: engine.name, owner },
    ...{ imageId: source.id, holder: holders.self },
  };
  if (!(await store.lentNames.add(lent)) && !(await takeOver(context, lent))) {
    throw new MoorageError("CONFLICT", `Another image is being pushed to ${target} now.`, {
      hint: "Wait until that push has ended, or push to another tag.",
    });
  }
  let given = false;
  await using undo = new AsyncDisposableStack();
  undo.defer(async () => {
    if (given) await context.owed.attempt(`the name ${target}`, () => takeBack(context, lent));
    else await store.lentNames.remove(lent);
  });
  given = (await imagesOf(context).find(target, signal)) === undefined;
  if (await imagesOf(context).tag(source.reference, target, signal)) given = true;
  // A name that the image had before is neither lent nor taken back.
  return given ? undo.move() : { [Symbol.asyncDispose]: () => Promise.resolve() };
}

/** What is theirs under that name, on the engine or not, would become the image that is pushed. */
async function refuseOfOthers({ context: { store }, principal }: Owning, target: string): Promise<void> {
  const row = await store.images.find(target);
  const made = (await store.sandboxes.all()).filter(({ image }) => image !== null && wholeOf(image) === target);
  const others = [...(row === undefined ? [] : [row]), ...made].filter(({ owner }) => owner !== principal.owner);
  if (others.length === 0) return;
  throw new MoorageError("CONFLICT", `The name ${target} is in use by what is not yours.`, {
    hint: "Push to another tag.",
  });
}

/** What a process that has ended before its push has left. */
async function takeOver(context: DomainContext, lent: LentName): Promise<boolean> {
  await takeBackLeft(context);
  return context.store.lentNames.add(lent);
}

/** Takes the names back that nobody pushes to any more. */
export async function takeBackLeft(
  context: DomainContext,
  attempt: (row: LentName, work: () => Promise<void>) => Promise<unknown> = (_row, work) => work(),
): Promise<void> {
  for (const row of await context.store.lentNames.all()) {
    if (context.holders.isAlive(row.holder)) continue;
    await attempt(row, async () => takeBack(await onEngine(context, row.engine), row));
  }
}

/** The name first: as long as the engine may have it, it is known whose it is. What is another image's by now stays. */
async function takeBack(context: DomainContext, lent: LentName): Promise<void> {
  const { reference, imageId } = lent;
  const kept = (await context.store.images.find(reference)) !== undefined;
  if (!kept && (await imagesOf(context).find(reference))?.id === imageId) await imagesOf(context).remove(reference);
  await context.store.lentNames.remove(lent);
}

/** Whether a reference leads to what somebody else pushes now; by the name that is lent, or by a digest under it. */
export async function isLentByOthers({ context, principal }: Owning, reference: string): Promise<boolean> {
  const { engine, store } = context;
  const { repository, version, whole } = parseImageReference(reference);
  const lent = (await store.lentNames.all()).filter(
    (row) => row.engine === engine.name && row.owner !== principal.owner,
  );
  if (lent.some((row) => row.reference === whole)) return true;
  const beside = lent.filter((row) => parseImageReference(row.reference).repository === repository);
  if (!version.includes(":") || beside.length === 0) return false;
  const found = await imagesOf(context).find(whole);
  return beside.some(({ imageId }) => imageId === found?.id);
}

function wholeOf(image: string): string {
  return parseImageReference(image).whole;
}
