import { once } from "node:events";
import { request, type IncomingMessage } from "node:http";
import { z } from "zod";
import type { JudgedCall } from "./judge-call.ts";
import { UNIT, whole } from "./names.ts";
import { readBody } from "./read-body.ts";

const NAMED = whole(UNIT);
const ASK_MS = 30_000;

const ContainerReply = z.object({ Name: z.string(), HostConfig: z.object({ ShmSize: z.number().optional() }) });

/** Which containers of an engine are Moorage's. */
export type OwnContainers = {
  /** `steps`: the containers of the steps of builds that go on count, too. */
  readonly has: (container: string, steps: boolean) => Promise<boolean>;
  /** Marks a build that goes on until it is disposed; nothing for any other call. */
  readonly building: (call: JudgedCall) => Disposable;
};

export function createOwnContainers(socketPath: string): OwnContainers {
  /** The size of shared memory that each build that goes on has for its own: the mark of its containers. */
  const marks = new Set<number>();
  return {
    has: async (container, steps) => {
      if (NAMED.test(container)) return true;
      const found = await inspect(socketPath, container);
      if (found === undefined) return false;
      if (NAMED.test(found.Name.slice(1))) return true;
      return steps && found.HostConfig.ShmSize !== undefined && marks.has(found.HostConfig.ShmSize);
    },
    building: ({ target, parameters }) => {
      const mark = /\/build(?:\?|$)/.test(target) ? Number(parameters["shmsize"]) : Number.NaN;
      marks.add(mark);
      return { [Symbol.dispose]: () => void marks.delete(mark) };
    },
  };
}

async function inspect(socketPath: string, container: string) {
  // Without a version an engine answers in its own newest, in which these two fields are the same.
  const path = `/containers/${container}/json`;
  const sent = request({ socketPath, agent: false, path, signal: AbortSignal.timeout(ASK_MS) });
  sent.end();
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  const text = await readBody(answer);
  if (answer.statusCode === 404) return undefined;
  return ContainerReply.parse(JSON.parse(text));
}
