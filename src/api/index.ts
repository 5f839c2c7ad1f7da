export { createApi } from "./create-api.ts";
export { serveOnSocket } from "./serve-on-socket.ts";
