import { realpath } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { sleep } from "../../base/deadline.ts";
import { MoorageError } from "../../base/errors.ts";
import type { PortWish, PublishedPort, SandboxCreate } from "../../contracts/types.ts";
import type { SandboxRow } from "../../store/store.ts";
import type { Call } from "../context.ts";
import { onEngine } from "../on-engine.ts";
import { isAbandoned } from "./announced.ts";
import { settle } from "./settle.ts";

const START_MS = 60_000;
const LOOK_MS = 50;

/**
 * The sandbox that has the name already, once it has started; undefined when there is none. CONFLICT when it is not the
 * one that was asked for: a name stands for one sandbox, not for whichever was first.
 */
export async function existingSandbox(call: Call, input: SandboxCreate): Promise<SandboxRow | undefined> {
  const { context, principal } = call;
  if (input.name === undefined) return undefined;
  const deadline = context.clock.monotonic() + START_MS;
  for (;;) {
    const row = await context.store.sandboxes.find(principal.owner, input.name);
    if (row?.name !== input.name) return undefined;
    // Nothing of it is left but the news that it failed.
    if (row.state === "error") {
      await context.store.sandboxes.remove(row.id);
      return undefined;
    }
    const isLate = call.signal?.aborted === true || context.clock.monotonic() > deadline;
    if (row.pending?.action === "remove") {
      if (isAbandoned(context, row.pending)) await settle(await onEngine(context, row.engine), row);
      else if (isLate) throw beingRemoved(input.name);
      else await sleep(LOOK_MS, call.signal);
      continue;
    }
    await refuseOther(row, input);
    const starting = row.state === "starting" && context.holders.isAlive(row.holder);
    if (!starting || isLate) return row;
    await sleep(LOOK_MS, call.signal);
  }
}

function beingRemoved(name: string): MoorageError {
  return new MoorageError("CONFLICT", `The sandbox "${name}" is still being removed.`, {
    hint: "Try again, or choose another name.",
  });
}

function arePublished(asked: readonly PortWish[], published: readonly PublishedPort[]): boolean {
  if (asked.length !== published.length) return false;
  return asked.every(({ port, hostPort = "auto", protocol = "tcp" }) =>
    published.some(
      (its) => its.port === port && its.protocol === protocol && (hostPort === "auto" || its.hostPort === hostPort),
    ),
  );
}

async function isPlace({ volume, directory }: SandboxRow, workspace: string): Promise<boolean> {
  if (directory === null) return workspace === `volume:${volume?.name}`;
  return directory.path === (await realpath(workspace).catch(() => undefined));
}

async function refuseOther(row: SandboxRow, input: SandboxCreate): Promise<void> {
  const { name, image: _image, snapshot: _snapshot, workspace: _workspace, ports: _ports, ...rest } = input;
  const { shareWorkspace: _shareWorkspace, ...asked } = rest;
  const has: Readonly<Record<string, unknown>> = { ...row, ...row.limits };
  const differing = Object.entries(asked).filter(([key, value]) => !isDeepStrictEqual(value, has[key]));
  const differs = [...differing.map(([key]) => key), ...(await spelledOtherwise(row, input))];
  if (differs.length === 0) return;
  throw new MoorageError("CONFLICT", `The sandbox "${name}" exists already, with another ${differs.join(", ")}.`, {
    hint: `Use it as it is, or remove it first: \`moorage sandbox rm ${name}\`.`,
  });
}

/** What differs of that which the registry keeps in other words than it is asked for in. */
async function spelledOtherwise(row: SandboxRow, input: SandboxCreate): Promise<readonly string[]> {
  const { image, snapshot, workspace, shareWorkspace, ports } = input;
  const same = {
    image: image === undefined || [image, `${image}:latest`].includes(row.image ?? ""),
    snapshot: snapshot === undefined || [row.snapshot?.id, row.snapshot?.name].includes(snapshot),
    workspace: workspace === undefined || (await isPlace(row, workspace)),
    shareWorkspace: shareWorkspace === undefined || shareWorkspace === ((row.volume ?? row.directory)?.shared ?? false),
    ports: ports === undefined || arePublished(ports, row.ports),
  };
  return Object.entries(same).flatMap(([field, isSame]) => (isSame ? [] : [field]));
}
