export { createApi } from "./create-api.ts";
export { RequestMetrics } from "./metrics/request-metrics.ts";
export { serveOnAddress, type Address } from "./serve-on-address.ts";
export { serveOnSocket } from "./serve-on-socket.ts";
export { listenAt } from "./socket-file.ts";
