import type { Observation } from "../../contracts/observation.ts";
import type { MetricFamily } from "./metrics-text.ts";

/** What the server does, as Prometheus reads it; no family has a label of which there could be any number. */
export function observationMetrics(observation: Observation): readonly MetricFamily[] {
  const { sandboxes, pool, events, listeners, undone } = observation;
  const of = (type: string) => events.filter((event) => event.type === type);
  const ended = (type: string) =>
    of(type).map(({ status, count }) => ({ labels: { status: status ?? "" }, value: count }));
  const begun = (type: string) => [{ value: of(type).reduce((sum, { count }) => sum + count, 0) }];
  return [
    {
      ...named("moorage_sandboxes", "Sandboxes there are now, by state.", "gauge"),
      samples: sandboxes.map(({ state, count }) => ({ labels: { state }, value: count })),
    },
    {
      ...named("moorage_pool_ready", "Sandboxes that are ready in the pool.", "gauge"),
      samples: [{ value: pool.ready }],
    },
    {
      ...named("moorage_pool_wanted", "Sandboxes that the pool should hold.", "gauge"),
      samples: [{ value: pool.wanted }],
    },
    { ...named("moorage_runs_started_total", "Runs that have begun.", "counter"), samples: begun("run.started") },
    { ...named("moorage_runs_finished_total", "Runs by how they ended.", "counter"), samples: ended("run.finished") },
    { ...named("moorage_builds_started_total", "Builds that have begun.", "counter"), samples: begun("build.started") },
    {
      ...named("moorage_builds_finished_total", "Builds by how they ended.", "counter"),
      samples: ended("build.finished"),
    },
    {
      ...named("moorage_events_total", "Events by type.", "counter"),
      samples: [...new Set(events.map(({ type }) => type))].map((type) => ({ labels: { type }, ...total(of(type)) })),
    },
    { ...named("moorage_event_listeners", "Who watches events now.", "gauge"), samples: [{ value: listeners }] },
    { ...named("moorage_sweep_undone", "What the last sweep could not do.", "gauge"), samples: [{ value: undone }] },
  ];
}

function total(counted: readonly { readonly count: number }[]): { readonly value: number } {
  return { value: counted.reduce((sum, { count }) => sum + count, 0) };
}

function named<T extends MetricFamily["type"]>(name: string, help: string, type: T) {
  return { name, help, type };
}
