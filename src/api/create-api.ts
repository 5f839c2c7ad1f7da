import { Hono, type Context, type Next } from "hono";
import { canceled } from "../base/deadline.ts";
import { isMoorageError, MoorageError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import type { Admit } from "../contracts/admission.ts";
import type { SignIn } from "../contracts/sign-in.ts";
import { listOperations } from "../contracts/platform.ts";
import { errorAnswer } from "./answers.ts";
import type { Api, ApiEnv } from "./api-env.ts";
import { createOpenApi, type OpenApiDocument } from "./openapi.ts";
import { refuseConditions, refuseKey } from "./conditions.ts";
import { preflight, varyByOrigin } from "./cross-origin.ts";
import { addContentRoutes, CONTENT_PATH } from "./content-routes.ts";
import { docsPage, DOCS_HEADERS } from "./docs/docs-page.ts";
import { addOperationRoutes, honoPath } from "./operation-routes.ts";
import { addImageArchiveRoutes, IMAGE_ARCHIVE_PATH } from "./image-archive-routes.ts";
import { addObservatoryRoutes, OBSERVATORY_ROUTES, type Observed } from "./observatory-routes.ts";
import { addRawRoutes, ARCHIVE_PATH, CONTEXTS_PATH } from "./raw-routes.ts";
import { createRequestRecord } from "./request-record.ts";
import { guardNames, type ServerNames } from "./server-names.ts";
import { shownBy } from "./shown.ts";
import { ADMISSION_BEAT_MS, stillAdmitted } from "./still-admitted.ts";
import { addSignInRoutes, SIGN_IN_ROUTES } from "./sign-in/routes.ts";
import { addTerminalRoutes, RUN_TERMINAL_PATH, TERMINAL_PATH } from "./terminal/terminal-routes.ts";
import { TransportError } from "./transport-error.ts";

export type ApiParts = {
  /** Who may come in by this door, and what they get. */
  readonly admit: Admit;
  readonly logger: Logger;
  readonly version: string;
  /** Whom a request may be for and come from; absent on sockets, which no page of the web can reach. */
  readonly names?: ServerNames;
  /** Absent: it is neither ready nor measured. */
  readonly observed?: Observed;
  /** How people sign in in their browser; absent at doors that no browser comes to. */
  readonly signIn?: SignIn;
  /** How often who reads a stream or types into a terminal is looked at anew. @default 5000 */
  readonly admissionBeatMs?: number;
};

/** The HTTP door: every route follows from the operations table, save the few that are added here by name. */
export function createApi(parts: ApiParts): Api {
  const { admit, logger, version, names, observed, signIn } = parts;
  const app: Api = new Hono();
  app.use(async (context, next) => {
    const record = createRequestRecord(context.req.raw, logger, observed?.requests);
    context.set("record", record);
    await next();
    record.status = context.res.status;
    context.res.headers.set("x-request-id", record.requestId);
    if (record.streaming) observed?.requests.streamBegan();
    else record.write();
  });
  if (names !== undefined) app.use(varyByOrigin, guardNames(names));
  const routes = allowedMethods([
    ...(observed === undefined ? [] : OBSERVATORY_ROUTES),
    ...(signIn === undefined ? [] : SIGN_IN_ROUTES),
  ]);
  for (const [path, methods] of routes) app.options(honoPath(path), preflight(methods));
  addServerRoutes(app, version);
  if (observed !== undefined) addObservatoryRoutes(app, observed, admit);
  if (signIn !== undefined) addSignInRoutes(app, { signIn, admit });
  app.use("/v1/*", admission(parts));
  app.use("/v1/*", refuseConditions);
  for (const path of RAW_PATHS) app.put(honoPath(path), refuseKey);
  addOperationRoutes(app);
  addRawRoutes(app);
  addContentRoutes(app);
  addImageArchiveRoutes(app);
  addTerminalRoutes(app);
  refuseOtherMethods(app, routes);
  app.notFound((context) => errorAnswer(context.var.record, noRoute(context)));
  app.onError((error, context) => {
    const left = context.req.raw.signal.aborted && !isMoorageError(error);
    return errorAnswer(context.var.record, left ? canceled(error) : error);
  });
  return app;
}

function admission({ admit, signIn, admissionBeatMs: beatMs = ADMISSION_BEAT_MS }: ApiParts) {
  return async (context: Context<ApiEnv>, next: Next): Promise<void> => {
    const shown = shownBy(context, signIn?.origin);
    const platform = await admit(shown);
    context.set("platform", platform);
    context.set("stillAdmitted", stillAdmitted({ admit, shown, platform, beatMs }));
    await next();
  };
}

const documents = new Map<string, OpenApiDocument>();

/** Made when it is first asked for, once for all doors: it takes longer than the rest of a server's start. */
function openApiOf(version: string): OpenApiDocument {
  const document = documents.get(version) ?? createOpenApi(version);
  documents.set(version, document);
  return document;
}

function addServerRoutes(app: Api, version: string): void {
  app.get("/healthz", (context) => {
    context.var.record.route = "/healthz";
    return Response.json({ ok: true, version });
  });
  app.get("/openapi.json", (context) => {
    context.var.record.route = "/openapi.json";
    return Response.json(openApiOf(version));
  });
  let page: string | undefined;
  app.get("/docs", (context) => {
    context.var.record.route = "/docs";
    page ??= docsPage(openApiOf(version), version);
    return new Response(page, { headers: DOCS_HEADERS });
  });
}

const RAW_PATHS = [ARCHIVE_PATH, CONTENT_PATH, CONTEXTS_PATH, IMAGE_ARCHIVE_PATH];

/** By the pattern of each route. */
function allowedMethods(more: readonly (readonly [path: string, methods: string[]])[]) {
  const allowed = new Map<string, string[]>([
    ...more,
    ["/healthz", ["GET"]],
    ["/openapi.json", ["GET"]],
    ["/docs", ["GET"]],
    [ARCHIVE_PATH, ["GET", "PUT"]],
    [CONTENT_PATH, ["GET", "PUT"]],
    [IMAGE_ARCHIVE_PATH, ["GET", "PUT"]],
    [TERMINAL_PATH, ["GET"]],
    [RUN_TERMINAL_PATH, ["GET"]],
  ]);
  for (const { operation } of listOperations()) {
    const { method, path } = operation.http;
    allowed.set(path, [...(allowed.get(path) ?? []), method.toUpperCase()]);
  }
  allowed.set(CONTEXTS_PATH, [...(allowed.get(CONTEXTS_PATH) ?? []), "PUT"]);
  return allowed;
}

function refuseOtherMethods(app: Api, routes: ReadonlyMap<string, readonly string[]>): void {
  for (const [path, methods] of routes) {
    app.all(honoPath(path), (context) => {
      context.var.record.route = path;
      const allow = methods.join(", ");
      const message = `${context.req.method} ${path}: expected the method ${methods.join(" or ")}.`;
      const error = new TransportError(405, message, {
        hint: "See /openapi.json for every route.",
        details: { allow },
      });
      const answer = errorAnswer(context.var.record, error);
      answer.headers.set("allow", allow);
      return answer;
    });
  }
}

function noRoute(context: Context<ApiEnv>): MoorageError {
  const path = context.req.path.length > 200 ? `${context.req.path.slice(0, 200)}…` : context.req.path;
  return new MoorageError("NOT_FOUND", `${context.req.method} ${path}: there is no such route.`, {
    hint: "See /openapi.json for every route.",
  });
}
