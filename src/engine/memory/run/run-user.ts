import { MoorageError } from "../../../base/errors.ts";
import type { Owner } from "../file/file-store.ts";
import type { MemoryUnit } from "../memory-host.ts";

/** The numbers of the user that a run asks for, found in the unit's own passwd file. */
export async function runUser(unit: MemoryUnit, wanted: string | undefined): Promise<Owner> {
  if (wanted === undefined) return unit.user;
  const [, uid, gid] = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(wanted) ?? [];
  if (uid !== undefined) return { uid: Number(uid), gid: Number(gid ?? 0) };
  const passwd = Buffer.from(await unit.files.read("/etc/passwd")).toString();
  const entry = passwd
    .split("\n")
    .map((line) => line.split(":"))
    .find(([name]) => name === wanted);
  if (entry !== undefined) return { uid: Number(entry[2]), gid: Number(entry[3]) };
  throw new MoorageError("INVALID_INPUT", `The sandbox has no user ${JSON.stringify(wanted)}.`, {
    hint: "Name one of its /etc/passwd, or a numeric uid or uid:gid.",
  });
}
