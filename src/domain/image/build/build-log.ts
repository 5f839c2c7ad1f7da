import type { BuildLog } from "../../../contracts/types.ts";
import type { Call } from "../../context.ts";
import { readLog, type LogSelection } from "../../run/log/read-log.ts";
import { findBuild } from "./builds.ts";

type Selection = LogSelection & { readonly ref: string };

/** A piece of what a build has printed. */
export async function readBuildLog(call: Call, { ref, ...selection }: Selection): Promise<BuildLog> {
  const { id, status, logBytes } = await findBuild(call, ref);
  const log = await readLog(call, { id, status, stdoutBytes: logBytes, stderrBytes: 0 }, selection);
  const texts = log.items.map((item) =>
    "data" in item ? dataOf(item) : `… ${item.bytes} bytes are no longer kept …\n`,
  );
  return { buildId: id, status, text: texts.join(""), nextOffset: log.nextOffset, complete: log.complete };
}

function dataOf({ data, encoding }: { readonly data: string; readonly encoding: "utf8" | "base64" }): string {
  return encoding === "utf8" ? data : Buffer.from(data, "base64").toString();
}
