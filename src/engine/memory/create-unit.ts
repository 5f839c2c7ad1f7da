import type { Clock } from "../../base/clock.ts";
import { MoorageError } from "../../base/errors.ts";
import type { UnitSpec } from "../engine.ts";
import { refuseOversizeUnit } from "../refuse-oversize.ts";
import type { UnitLabels } from "../unit-labels.ts";
import { copyTree } from "./file/copy-tree.ts";
import type { FileStore, Owner } from "./file/file-store.ts";
import { createHostStore } from "./file/host-store.ts";
import { imageOf } from "./images.ts";
import type { MemoryHost, MemoryUnit } from "./memory-host.ts";
import { NOTHING_ELSE, peerAddress } from "./memory-networks.ts";
import { givenBytes } from "./memory-disk.ts";
import { createMemoryStore } from "./file/memory-store.ts";
import { mountStore } from "./file/mounted-store.ts";

const ROOT: Owner = { uid: 0, gid: 0 };
/** Which one is asked for makes no difference. */
export const MEMORY_RUNTIMES: readonly string[] = ["plain", "guarded"];
const HOME = "/home/user";
const WORKSPACE = "/workspace";

type Create = {
  readonly host: MemoryHost;
  readonly labels: UnitLabels;
  readonly clock: Clock;
  readonly spec: UnitSpec;
};

/** Puts a new running unit on the host. */
export async function createUnit({ host, labels, clock, spec }: Create): Promise<MemoryUnit> {
  refuseOversizeUnit(spec);
  refuseNetwork(host, spec);
  if (spec.runtime !== undefined && !MEMORY_RUNTIMES.includes(spec.runtime)) {
    throw new MoorageError("INVALID_INPUT", `The engine has no such runtime: ${spec.runtime}`);
  }
  const image = spec.image === undefined ? undefined : imageOf(host.images, spec.image);
  const user = spec.user ?? ROOT;
  const files = await unitFiles({ host, spec, clock }, image?.snapshot?.files, user);
  const given = await givenBytes(files);
  const { id, kind } = spec;
  if (host.units.has(id)) throw new MoorageError("CONFLICT", `There is a sandbox ${id} already.`);
  const unit: MemoryUnit = {
    id,
    kind,
    spec,
    user,
    labels: { ...spec.labels, ...labels.sign({ id, kind }) },
    env: { PATH: "/bin", HOME, ...image?.env, ...spec.env },
    files,
    givenBytes: given,
    alone: oneAtATime(),
    runs: new Set(),
    stubborn: false,
    createdAt: clock.now(),
    startedAt: clock.now(),
    lastOutput: [],
    dropped: 0,
    main: undefined,
    ports: new Map(),
    joined: spec.membership?.network,
    peer: (name, port) => peerAddress(host, unit, { name, port }),
    info: { state: "running", exitCode: null, oomKilled: false, finishedAt: null },
  };
  host.units.set(id, unit);
  return unit;
}

function refuseNetwork(host: MemoryHost, { network, membership }: UnitSpec): void {
  if (network === "none") return;
  if (network !== "named") {
    const message = `The network policy "${network}" cannot be enforced by the memory engine: ${NOTHING_ELSE}.`;
    throw new MoorageError("ENGINE_UNSUPPORTED", message);
  }
  if (membership !== undefined && host.networks.has(membership.network)) return;
  throw new MoorageError("NOT_FOUND", `There is no network ${membership?.network} on this engine.`);
}

function oneAtATime(): MemoryUnit["alone"] {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work, work);
    last = done;
    return done;
  };
}

type Place = Pick<Create, "host" | "spec" | "clock">;

async function unitFiles(place: Place, snapshot: FileStore | undefined, user: Owner): Promise<FileStore> {
  const { host, spec, clock } = place;
  const root = createMemoryStore(clock);
  if (snapshot === undefined) await layOut(root, user);
  else await copyTree(snapshot, root, { directory: "/" });
  const { workspace } = spec;
  if (workspace.type === "named") {
    const volume = volumeOf(host, workspace.volume);
    const mounted = mountStore(root, WORKSPACE, volume);
    if (snapshot !== undefined && (await volume.names("/")).length === 0)
      await copyTree(snapshot, mounted, { directory: WORKSPACE });
    return mounted;
  }
  if (workspace.type !== "host") return root;
  return mountStore(root, WORKSPACE, createHostStore(workspace.path));
}

/** What every image of this engine has. */
async function layOut(root: FileStore, user: Owner): Promise<void> {
  for (const path of ["/etc", "/home", "/run", "/tmp", WORKSPACE]) {
    await root.makeDirectory(path, { mode: 0o755, owner: path === WORKSPACE ? user : ROOT });
  }
  await root.makeDirectory(HOME, { mode: 0o755, owner: user });
  const passwd = Buffer.from("root:x:0:0:root:/root:/bin/sh\n");
  await root.write("/etc/passwd", passwd, { mode: 0o644, owner: ROOT });
}

function volumeOf({ volumes }: MemoryHost, id: string): FileStore {
  const volume = volumes.get(id);
  if (volume === undefined) throw new MoorageError("NOT_FOUND", `There is no volume ${id}.`);
  return volume.files;
}
