import { isoTime } from "../../../base/clock.ts";
import { newId } from "../../../base/ids.ts";
import type { StageInput } from "../../../contracts/raw.ts";
import type { ContextCreate, ContextSummary, StagedContext } from "../../../contracts/types.ts";
import type { ContextRow, Page, PageQuery } from "../../../store/store.ts";
import type { Call, DomainContext } from "../../context.ts";
import { refuseWithoutRoom } from "../../disk/machine-room.ts";
import type { Attempts } from "../../recovery/attempts.ts";
import type { BuildContext } from "./build-context.ts";
import { findContext, viewOf } from "./find-context.ts";
import { receiveArchive } from "./receive-archive.ts";
import { contextOf, openBuildContext } from "./open-build-context.ts";
import { discardStaged, sweepStaged, writeStaged } from "./staged-file.ts";

export async function createContext(call: Call, input: ContextCreate): Promise<StagedContext> {
  await refuseWithoutRoom(call.context);
  await using opened = await openBuildContext(call, input);
  return await stage(call, opened);
}

/** Stages an archive as it comes. */
export async function stageArchive(
  call: Call,
  { dockerfile }: StageInput,
  tar: AsyncIterable<Uint8Array>,
): Promise<StagedContext> {
  await refuseWithoutRoom(call.context);
  const source = await receiveArchive(call, tar);
  await using opened = await contextOf(call, { source, commit: null }, dockerfile);
  return await stage(call, opened);
}

/** Keeps a context for later builds. The file is there before its row: what has none is swept. */
async function stage({ context, principal, signal }: Call, opened: BuildContext): Promise<StagedContext> {
  const { store, policy, timers, logger } = context;
  const { maxPerOwner, keptMs } = policy.build.context;
  const id = newId();
  await writeStaged(context, id, { tar: opened.tar(signal), signal });
  const now = timers.now();
  const { dockerfile, files, bytes, ignored, commit } = opened;
  const row: ContextRow = {
    ...{ id, owner: principal.owner, files, bytes, dockerfile, commit },
    ignored: { count: ignored.count, examples: [...ignored.examples] },
    createdAt: isoTime(now),
    expiresAt: isoTime(now + keptMs),
  };
  try {
    await store.contexts.insert(row, maxPerOwner);
  } catch (error) {
    await discardStaged(context, id);
    throw error;
  }
  logger.info({ operation: "context.create", contextId: id, owner: row.owner, files, bytes }, "context staged");
  return contextView(row);
}

export function listContexts(call: Call, query: PageQuery): Promise<Page<ContextSummary>> {
  return call.context.store.contexts.list(viewOf(call), query);
}

export async function getContext(call: Call, id: string): Promise<StagedContext> {
  return contextView(await findContext(call, id));
}

export async function removeContext(call: Call, id: string): Promise<{ readonly id: string; readonly removed: true }> {
  await findContext(call, id);
  await discard(call.context, id);
  return { id, removed: true };
}

/** Removes what has expired, and the files of what is gone; answers the ids of the expired. */
export async function sweepContexts(context: DomainContext, attempts: Attempts): Promise<readonly string[]> {
  const { store, timers } = context;
  const expired = await store.contexts.expired(isoTime(timers.now()));
  const removed: string[] = [];
  for (const id of expired) {
    await attempts.at({ kind: "context", id }, async () => {
      await discard(context, id);
      removed.push(id);
    });
  }
  await attempts.at({ kind: "context", id: "files" }, () => sweepStaged(context, store.contexts.known));
  return removed;
}

/** The row first: what has none any more is nobody's, and its file is swept where it cannot be removed now. */
async function discard(context: DomainContext, id: string): Promise<void> {
  await context.store.contexts.remove(id);
  await discardStaged(context, id);
}

function contextView({ owner: _owner, ...shown }: ContextRow): StagedContext {
  return shown;
}
