import { MoorageError } from "../base/errors.ts";
import type { Admit } from "../contracts/admission.ts";
import type { Observatory, ReadyReport } from "../contracts/observation.ts";
import type { Api } from "./api-env.ts";
import { METRICS_TYPE, metricsText } from "./metrics/metrics-text.ts";
import { observationMetrics } from "./metrics/observation-metrics.ts";
import { processMetrics } from "./metrics/process-metrics.ts";
import type { RequestMetrics } from "./metrics/request-metrics.ts";
import { shownBy } from "./shown.ts";

/** How a server is looked at from outside: the same for all of its doors. */
export type Observed = { readonly requests: RequestMetrics; readonly observatory: Observatory };

const READY_PATH = "/readyz";
const METRICS_PATH = "/metrics";
export const OBSERVATORY_ROUTES: readonly (readonly [path: string, methods: string[]])[] = [
  [READY_PATH, ["GET"]],
  [METRICS_PATH, ["GET"]],
];

/** Whether it is ready, for everybody; how it does, for administrators. */
export function addObservatoryRoutes(app: Api, { requests, observatory }: Observed, admit: Admit): void {
  let looking: Promise<ReadyReport> | undefined;
  app.get(READY_PATH, async (context) => {
    context.var.record.route = READY_PATH;
    // Anybody may ask, so many who do at one time are one look.
    looking ??= observatory.ready().finally(() => (looking = undefined));
    const report = await looking;
    return Response.json(report, { status: report.ok ? 200 : 503 });
  });
  app.get(METRICS_PATH, async (context) => {
    context.var.record.route = METRICS_PATH;
    const platform = await admit(shownBy(context));
    const { role, scopes, agent } = await platform.auth.whoami({});
    if (role !== "admin" || scopes !== null || agent) {
      throw new MoorageError("FORBIDDEN", "GET /metrics: expected an administrator's key that is not limited.");
    }
    const families = [...observationMetrics(await observatory.observe()), ...requests.families(), ...processMetrics()];
    return new Response(metricsText(families), { headers: { "content-type": METRICS_TYPE } });
  });
}
