/**
 * Moorage's HTTP door: an app for any platform, and a server for it on a unix socket.
 * @module
 */
export { createApi, type ApiParts } from "./create-api.ts";
export { createOpenApi, type OpenApiDocument } from "./openapi.ts";
export { serveOnSocket, type SocketServer, type SocketServerParts } from "./serve-on-socket.ts";
