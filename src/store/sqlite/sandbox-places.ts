import { MoorageError } from "../../base/errors.ts";
import type { SandboxRow } from "../store.ts";
import type { Database, Row } from "./database.ts";
import { directoryOfSandbox, refuseDirectoryInUse } from "./directory-use.ts";

/** Between the plan of a sandbox and its row an image may be pulled: time enough to remove what it was planned with. */
export function refusePlaceGone(database: Database, row: SandboxRow): void {
  refuseVolumeGone(database, row);
  refuseSnapshotGone(database, row);
  refuseNetworkGone(database, row);
}

/** Of one that failed nothing is left on its engine but the news: it holds no place, and none of its ports. */
const PORT_USER = `SELECT id, owner, name FROM host_ports JOIN sandboxes ON id = sandbox_id
  WHERE data ->> 'state' <> 'error' AND port = ?`;

/** Two sandboxes at one time work in one place only when both say so, and no two have one host port. */
export function refusePlaceInUse(database: Database, row: SandboxRow): void {
  refuseVolumeInUse(database, row);
  refusePortsInUse(database, row);
  refuseDirectoryInUse(database, directoryOfSandbox(row));
}

export function isHostPortTaken(database: Database, hostPort: number): boolean {
  return database.get(PORT_USER, hostPort) !== undefined;
}

/** They are free again when the row goes, or is nothing but news. */
export function takeHostPorts(database: Database, { id, ports }: SandboxRow): void {
  for (const { hostPort, protocol } of ports) {
    database.run(
      "INSERT OR REPLACE INTO host_ports (port, protocol, sandbox_id) VALUES (?, ?, ?)",
      hostPort,
      protocol,
      id,
    );
  }
}

function refuseVolumeGone(database: Database, { volume }: SandboxRow): void {
  if (volume === null) return;
  const there = database.get("SELECT id FROM volumes WHERE id = ? AND removing = 0", volume.id);
  if (there !== undefined) return;
  throw new MoorageError("CONFLICT", `The volume "${volume.name}" was removed while the sandbox was being prepared.`, {
    hint: "Repeat the command: it makes the volume anew.",
  });
}

function refuseSnapshotGone(database: Database, { snapshot }: SandboxRow): void {
  if (snapshot === null) return;
  const sql = "SELECT id FROM snapshots WHERE id = ? AND data ->> 'state' = 'ready'";
  if (database.get(sql, snapshot.id) !== undefined) return;
  const message = `The snapshot "${snapshot.name ?? snapshot.id}" was removed while the sandbox was being prepared.`;
  throw new MoorageError("CONFLICT", message, { hint: "List what there is with `moorage snapshot ls`." });
}

function refuseNetworkGone(database: Database, { network, networkId }: SandboxRow): void {
  if (networkId === null) return;
  const there = database.get("SELECT id FROM networks WHERE id = ? AND removing = 0", networkId);
  if (there !== undefined) return;
  const name = network.replace(/^net:/, "");
  throw new MoorageError("CONFLICT", `The network "${name}" was removed while the sandbox was being prepared.`, {
    hint: `Make it again: \`moorage network ensure ${name}\`.`,
  });
}

function refuseVolumeInUse(database: Database, { volume, owner }: SandboxRow): void {
  if (volume === null) return;
  const user = database.get(
    `SELECT id, owner, name FROM sandboxes WHERE data ->> '$.volume.id' = ? AND data ->> 'state' <> 'error'
     AND NOT (? AND data ->> '$.volume.shared') LIMIT 1`,
    ...[volume.id, Number(volume.shared)],
  );
  if (user === undefined) return;
  throw new MoorageError("CONFLICT", `The volume "${volume.name}" is in use by ${holder(user, owner)}.`, {
    hint: "Remove that sandbox, name another volume, or create both with --share-workspace.",
  });
}

function refusePortsInUse(database: Database, { ports, owner }: SandboxRow): void {
  for (const { hostPort, protocol } of ports) {
    const user = database.get(`${PORT_USER} AND protocol = ?`, hostPort, protocol);
    if (user === undefined) continue;
    throw new MoorageError("CONFLICT", `The host port ${hostPort}/${protocol} is taken by ${holder(user, owner)}.`, {
      hint: "Name another host port, or let one be chosen with auto.",
    });
  }
}

function holder({ id, name, ...user }: Row, owner: string): string {
  return user["owner"] === owner ? `your sandbox "${String(name ?? id)}"` : "another sandbox";
}
