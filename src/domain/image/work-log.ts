import type { BuildLog } from "../../contracts/types.ts";
import type { WorkRow } from "../../store/store.ts";
import type { Call } from "../context.ts";
import { readLog, type LogSelection } from "../run/log/read-log.ts";

/** A piece of what a build or an export has printed. */
export async function readWorkLog(
  call: Call,
  { id, status, logBytes }: WorkRow,
  selection: LogSelection,
): Promise<Omit<BuildLog, "buildId">> {
  const log = await readLog(call, { id, status, stdoutBytes: logBytes, stderrBytes: 0 }, selection);
  const texts = log.items.map((item) => {
    if (!("data" in item)) return `… ${item.bytes} bytes are no longer kept …\n`;
    return item.encoding === "utf8" ? item.data : Buffer.from(item.data, "base64").toString();
  });
  return { status, text: texts.join(""), nextOffset: log.nextOffset, complete: log.complete };
}
