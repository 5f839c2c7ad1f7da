import type { Call } from "../context.ts";
import { runJob } from "../run/job.ts";
import type { Setting } from "./judge.ts";

const LIVES_MS = 60_000;

const PROGRAM = String.raw`
import socket, time
server = socket.create_server(("0.0.0.0", 0))
print(socket.gethostbyname(socket.gethostname()), server.getsockname()[1], flush=True)
time.sleep(3600)
`;

export type Sibling = AsyncDisposable & { readonly addresses: readonly (readonly [string, number])[] };

/** Another sandbox of the same owner, profile and policy, with an open port; without python there is none. */
export async function startSibling(call: Call, setting: Setting): Promise<Sibling> {
  const timeoutMs = Math.min(LIVES_MS, call.context.policy.maxima.timeoutMs);
  const events = runJob(call, { ...setting, timeoutMs, command: ["python3", "-c", PROGRAM] })[Symbol.asyncIterator]();
  let printed = "";
  while (!printed.includes("\n")) {
    const item = await events.next();
    if (item.done === true || item.value.type === "result") break;
    if (item.value.type === "stdout") printed += item.value.data;
  }
  const [, address, port] = /^([\d.]+) (\d+)\n/.exec(printed) ?? [];
  const found = address === undefined || address.startsWith("127.") ? [] : [[address, Number(port)] as const];
  return {
    addresses: found,
    [Symbol.asyncDispose]: async () => {
      await events.return?.();
    },
  };
}
