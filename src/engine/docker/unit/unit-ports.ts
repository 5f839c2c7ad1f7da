import { MoorageError } from "../../../base/errors.ts";
import type { EngineRun, RunSpec, UnitPorts } from "../../engine.ts";
import type { Unit, Units } from "./units.ts";

/** The kernel's own tables, which every container has, whatever programs are in its image. */
const TABLES = ["/proc/net/tcp", "/proc/net/tcp6"];
const LISTENING = "0A";
const MAX_BYTES = 1024 * 1024;

export type PortsContext = {
  readonly units: Pick<Units, "find">;
  readonly exec: (id: string, spec: RunSpec, signal?: AbortSignal) => Promise<EngineRun>;
};

export function createUnitPorts({ units, exec }: PortsContext): UnitPorts {
  const running = async (id: string, signal?: AbortSignal): Promise<Unit> => {
    const unit = await units.find(id, signal);
    if (unit === undefined) throw new MoorageError("NOT_FOUND", `There is no sandbox ${id} on this engine.`);
    const { Status } = unit.container.State;
    if (Status === "running") return unit;
    throw new MoorageError("SANDBOX_NOT_RUNNING", `The sandbox ${id} is ${Status}, not running.`);
  };
  return {
    listens: async (id, port, signal) => {
      await running(id, signal);
      const run = await exec(id, { command: ["cat", ...TABLES], env: {}, cwd: "/" }, signal);
      return listeningPorts(await printed(run)).has(port);
    },
    reach: async (id, port, signal) => {
      const { container } = await running(id, signal);
      const networks = Object.values(container.NetworkSettings?.Networks ?? {});
      const host = networks.map(({ IPAddress }) => IPAddress ?? "").find((address) => address !== "");
      return host === undefined ? undefined : { host, port };
    },
  };
}

async function printed(run: EngineRun): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const { stream, data } of run.output) {
    bytes += data.length;
    if (stream === "stdout" && bytes <= MAX_BYTES) chunks.push(data);
  }
  await run.exit;
  return Buffer.concat(chunks).toString("latin1");
}

/** The ports of the sockets that listen: lines such as `0: 00000000:1F90 00000000:0000 0A …`. */
export function listeningPorts(tables: string): ReadonlySet<number> {
  const ports = new Set<number>();
  for (const line of tables.split("\n")) {
    const [, local, , state] = line.trim().split(/\s+/);
    const port = local?.split(":")[1];
    if (state === LISTENING && port !== undefined) ports.add(Number.parseInt(port, 16));
  }
  return ports;
}
