import type { Context } from "hono";
import { methodOf, type StreamMethod } from "../../contracts/method.ts";
import { SHELL, RunTerminalOpen, TerminalOpen } from "../../contracts/terminal.ts";
import type { Api, ApiEnv } from "../api-env.ts";
import { honoPath } from "../operation-routes.ts";
import { createInputReader } from "../read-input.ts";
import { TransportError } from "../transport-error.ts";
import { openTerminal } from "./open-terminal.ts";
import type { Upgrade } from "./upgrade.ts";

export const TERMINAL_PATH = "/v1/sandboxes/{id}/terminal";
export const RUN_TERMINAL_PATH = "/v1/runs/{runId}/terminal";

const EXEC = { name: "sandbox.exec", noun: "sandbox", verb: "exec" };
const ATTACH = { name: "run.attach", noun: "run", verb: "attach" };

const readOpen = createInputReader({ http: { method: "get", path: TERMINAL_PATH }, input: TerminalOpen });
const readRunOpen = createInputReader({ http: { method: "get", path: RUN_TERMINAL_PATH }, input: RunTerminalOpen });

/** Terminals as WebSockets: closing one ends the program that was started for it, and leaves another run as it is. */
export function addTerminalRoutes(app: Api): void {
  app.get(honoPath(TERMINAL_PATH), async (context) => {
    const upgrade = upgradeOf(context, TERMINAL_PATH);
    const { columns = 80, rows = 24, command = SHELL, ...rest } = await readOpen(context.req.raw, context.req.param());
    const input = { ...rest, command, tty: { columns, rows }, interactive: true, env: { TERM: "xterm-256color" } };
    return await answer(context, upgrade, { method: methodOf(context.var.platform, EXEC), input });
  });
  app.get(honoPath(RUN_TERMINAL_PATH), async (context) => {
    const upgrade = upgradeOf(context, RUN_TERMINAL_PATH);
    const input = await readRunOpen(context.req.raw, context.req.param());
    return await answer(context, upgrade, { method: methodOf(context.var.platform, ATTACH), input });
  });
}

function upgradeOf({ env, var: { record } }: Context<ApiEnv>, path: string): Upgrade {
  record.route = path;
  if (env?.upgrade !== undefined) return env.upgrade;
  throw new TransportError(426, "A terminal is a WebSocket, and the request is none.", {
    hint: "Connect with a WebSocket client and the subprotocol `moorage.terminal.v1`.",
  });
}

type Started = { readonly method: StreamMethod; readonly input: unknown };

/** It becomes a WebSocket once the program runs: what fails before has the status and body of every failed request. */
async function answer(
  { var: { platform, record, stillAdmitted } }: Context<ApiEnv>,
  upgrade: Upgrade,
  { method, input }: Started,
): Promise<Response> {
  const start = (signal: AbortSignal): AsyncIterable<unknown> => method(input, { signal });
  upgrade.accept(await openTerminal({ run: platform.run, record, start, left: upgrade.left, stillAdmitted }));
  return new Response();
}
