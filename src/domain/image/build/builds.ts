import { MoorageError } from "../../../base/errors.ts";
import type { Build, BuildLog } from "../../../contracts/types.ts";
import type { BuildRow, Page, PageQuery } from "../../../store/store.ts";
import type { Call } from "../../context.ts";
import type { LogSelection } from "../../run/log/read-log.ts";
import { taggedName } from "../own-images.ts";
import { readWorkLog } from "../work-log.ts";
import { buildView } from "./build-view.ts";

export async function listBuilds({ context, principal }: Call, query: PageQuery): Promise<Page<Build>> {
  const { items, nextCursor } = await context.store.builds.list(principal.owner, query);
  return { items: items.map(buildView), nextCursor };
}

/** The caller's build by its id or its image's tag, which may be written without `agent-env:`; NOT_FOUND also for somebody else's. */
async function findBuild({ context, principal }: Call, ref: string): Promise<BuildRow> {
  for (const name of [ref, ...taggedName(ref)]) {
    const row = await context.store.builds.find(principal.owner, name);
    if (row !== undefined) return row;
  }
  throw new MoorageError("NOT_FOUND", `You have no build "${ref}".`, {
    hint: "List yours with `moorage image builds`.",
  });
}

type Selection = LogSelection & { readonly ref: string };

/** What a build has printed. */
export async function readBuildLog(call: Call, { ref, ...selection }: Selection): Promise<BuildLog> {
  const row = await findBuild(call, ref);
  return { buildId: row.id, ...(await readWorkLog(call, row, selection)) };
}
