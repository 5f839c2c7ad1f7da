import type { Call } from "../context.ts";
import { runJob } from "../run/job.ts";
import type { Setting } from "./judge.ts";

const LIVES_MS = 60_000;

const PROGRAM = String.raw`
import socket, time
server = socket.create_server(("0.0.0.0", 0))
print(socket.gethostname(), socket.gethostbyname(socket.gethostname()), server.getsockname()[1], flush=True)
time.sleep(3600)
`;

type Places = readonly (readonly [host: string, port: number])[];

/** Where it listens, by its address and by its name; both are empty when it does not. */
export type Sibling = AsyncDisposable & { readonly addresses: Places; readonly names: Places };

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
  const [, name = "", address = "127.", port] = /^(\S+) ([\d.]+) (\d+)\n/.exec(printed) ?? [];
  const placesOf = (host: string): Places => (address.startsWith("127.") ? [] : [[host, Number(port)]]);
  return {
    addresses: placesOf(address),
    names: placesOf(name),
    [Symbol.asyncDispose]: async () => {
      await events.return?.();
    },
  };
}
