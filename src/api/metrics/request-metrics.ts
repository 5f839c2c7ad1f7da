import type { MetricFamily, MetricSample } from "./metrics-text.ts";

/** Upper ends in seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export type EndedRequest = {
  /** The pattern of the route, of which there are only so many: never what a caller wrote. */
  readonly route: string;
  readonly method: string;
  readonly status: number;
  readonly durationMs: number;
  readonly code: string | undefined;
  readonly streamed: boolean;
};

type Latencies = { readonly labels: Readonly<Record<string, string>>; readonly counts: number[]; sum: number };

const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]);

/** Counts the requests of all doors of a server. */
export class RequestMetrics {
  readonly #latencies = new Map<string, Latencies>();
  readonly #errors = new Map<string, number>();
  #openStreams = 0;

  streamBegan(): void {
    this.#openStreams += 1;
  }

  ended({ route, method, status, durationMs, code, streamed }: EndedRequest): void {
    if (code !== undefined) this.#errors.set(code, (this.#errors.get(code) ?? 0) + 1);
    // How long a stream lasts says nothing of how fast the server is.
    if (streamed) {
      this.#openStreams -= 1;
      return;
    }
    const labels = { route, method: METHODS.has(method) ? method : "other", status: String(status) };
    const key = Object.values(labels).join(" ");
    const latencies = this.#latencies.get(key) ?? { labels, counts: BUCKETS.map(() => 0).concat(0), sum: 0 };
    this.#latencies.set(key, latencies);
    const seconds = durationMs / 1000;
    const place = BUCKETS.findIndex((end) => seconds <= end);
    const bucket = place === -1 ? BUCKETS.length : place;
    latencies.counts[bucket] = (latencies.counts[bucket] ?? 0) + 1;
    latencies.sum += seconds;
  }

  families(): readonly MetricFamily[] {
    return [
      {
        name: "moorage_http_request_duration_seconds",
        help: "Time until a request was answered, without streams.",
        type: "histogram",
        samples: [...this.#latencies.values()].flatMap(histogram),
      },
      {
        name: "moorage_http_open_streams",
        help: "Streams that are being sent now.",
        type: "gauge",
        samples: [{ value: this.#openStreams }],
      },
      {
        name: "moorage_http_errors_total",
        help: "Requests that failed, by the error's code; those of the engine begin with ENGINE_.",
        type: "counter",
        samples: [...this.#errors].map(([code, value]) => ({ labels: { code }, value })),
      },
    ];
  }
}

function histogram({ labels, counts, sum }: Latencies): MetricSample[] {
  let total = 0;
  const buckets = [...BUCKETS.map(String), "+Inf"].map((le, place) => {
    total += counts[place] ?? 0;
    return { suffix: "_bucket", labels: { ...labels, le }, value: total };
  });
  return [...buckets, { suffix: "_sum", labels, value: sum }, { suffix: "_count", labels, value: total }];
}
