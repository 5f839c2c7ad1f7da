import { EngineRefusal, engineRequest, type EngineAddress } from "./engine-http.ts";
import { progressLines } from "./engine-stream.ts";

/** `unreachable`: nobody answered for the registry, so nothing is known about the image. */
export type PullOutcome = { kind: "pulled" } | { kind: "unreachable" | "refused"; message: string };

export interface PullOptions {
  engine: EngineAddress;
  image: string;
  signal: AbortSignal;
  /** Milliseconds without a line of progress until the registry counts as unreachable. @default 30000 */
  silenceMs?: number;
}

const UNREACHABLE =
  /no such host|connection refused|connection reset|i\/o timeout|network is unreachable|no route to host|TLS handshake timeout|temporary failure in name resolution|server misbehaving|Client\.Timeout|deadline exceeded|proxyconnect|x509:|\bEOF\b/i;

/** Whether the engine's message says that no registry answered, as opposed to one that answered and refused. */
export function saysUnreachable(message: string): boolean {
  return UNREACHABLE.test(message);
}

export async function pullImage(options: PullOptions): Promise<PullOutcome> {
  const silence = new AbortController();
  const silenceMs = options.silenceMs ?? 30_000;
  const timer = setTimeout(() => silence.abort(), silenceMs);
  try {
    const failure = await readPull(options, AbortSignal.any([options.signal, silence.signal]), () => timer.refresh());
    return failure === undefined ? { kind: "pulled" } : outcomeOf(failure);
  } catch (error) {
    if (silence.signal.aborted && !options.signal.aborted) {
      return { kind: "unreachable", message: `no answer for ${options.image} within ${silenceMs} ms` };
    }
    if (error instanceof EngineRefusal) return outcomeOf(error.message);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function outcomeOf(message: string): PullOutcome {
  return { kind: saysUnreachable(message) ? "unreachable" : "refused", message };
}

async function readPull(
  { engine, image }: PullOptions,
  signal: AbortSignal,
  progress: () => void,
): Promise<string | undefined> {
  const colon = image.lastIndexOf(":");
  const query = new URLSearchParams({ fromImage: image.slice(0, colon), tag: image.slice(colon + 1) });
  const answer = await engineRequest(engine, { method: "POST", path: `/images/create?${query.toString()}`, signal });
  for await (const line of progressLines(answer)) {
    progress();
    if (line.error !== undefined) return line.error;
  }
  return undefined;
}
