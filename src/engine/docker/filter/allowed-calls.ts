import type { z } from "zod";
import {
  BuildQuery,
  CommitBody,
  CommitQuery,
  ConnectBody,
  CreateQuery,
  DisconnectBody,
  NetworkBody,
  PullQuery,
  VolumeBody,
} from "./other-bodies.ts";
import { ContainerBody, ExecBody, ExecStartBody, UpdateBody } from "./container-body.ts";
import { ENGINE_ID, KEPT_NETWORK, KEPT_VOLUME, UNIT } from "./names.ts";

export type AllowedCall = {
  readonly methods: readonly string[];
  /** Of the path without its version; the group `container` has to be one of Moorage's own. */
  readonly path: RegExp;
  /** Absent: the query cannot do more than the path. */
  readonly query?: z.ZodType<Readonly<Record<string, string | undefined>>>;
  /** What its JSON has to be; absent: it has no body, or one that is streamed (an archive). */
  readonly body?: z.ZodType;
  /** True: the connection is taken over for a container's streams. */
  readonly hijacked?: boolean;
  /** True: also the containers of the steps of builds that go on. */
  readonly steps?: boolean;
};

const CONTAINER = `(?<container>${UNIT}|${ENGINE_ID})`;
const IMAGE = "[A-Za-z0-9][A-Za-z0-9._:@/-]*";
const ANY_NAME = "[A-Za-z0-9][A-Za-z0-9_.-]*";
const NETWORK = `(?:${UNIT}|${KEPT_NETWORK})`;

/** Everything that Moorage asks of an engine. */
export const ALLOWED_CALLS: readonly AllowedCall[] = [
  ...reads("_ping", "version", "info", "events", "containers/json", "images/json", "networks", "volumes"),
  { ...get(`containers/${CONTAINER}/json`), steps: true },
  ...reads(`containers/${CONTAINER}/(?:changes|stats|logs)`),
  { methods: ["GET", "HEAD", "PUT"], path: exactly(`containers/${CONTAINER}/archive`) },
  { ...post("containers/create"), query: CreateQuery, body: ContainerBody },
  post(`containers/${CONTAINER}/(?:start|stop|kill|wait|pause|unpause)`),
  { ...post(`containers/${CONTAINER}/update`), body: UpdateBody, steps: true },
  { ...post(`containers/${CONTAINER}/exec`), body: ExecBody },
  { ...post(`containers/${CONTAINER}/attach`), hijacked: true },
  remove(`containers/${CONTAINER}`),
  // Whoever knows the 256 bits of such an id was told them by the engine, for a container of Moorage's own.
  { ...post(`exec/${ENGINE_ID}/start`), body: ExecStartBody, hijacked: true },
  post(`exec/${ENGINE_ID}/resize`),
  ...reads(`exec/${ENGINE_ID}/json`),
  ...reads(`images/${IMAGE}/(?:json|history|get)`, `distribution/${IMAGE}/json`),
  { ...post("images/create"), query: PullQuery },
  post(`images/(?:load|${IMAGE}/(?:tag|push))`),
  remove(`images/${IMAGE}`),
  { ...post("build"), query: BuildQuery },
  { ...post("commit"), query: CommitQuery, body: CommitBody },
  ...reads(`networks/${ANY_NAME}`),
  { ...post("networks/create"), body: NetworkBody },
  { ...post(`networks/(?:none|${NETWORK})/connect`), body: ConnectBody },
  { ...post(`networks/${NETWORK}/disconnect`), body: DisconnectBody },
  remove(`networks/${NETWORK}`),
  { ...post("volumes/create"), body: VolumeBody },
  ...reads(`volumes/(?:${UNIT}|${KEPT_VOLUME})`),
  remove(`volumes/(?:${UNIT}|${KEPT_VOLUME})`),
];

function exactly(path: string): RegExp {
  return new RegExp(`^/${path}$`);
}

function get(path: string): AllowedCall {
  return { methods: ["GET", "HEAD"], path: exactly(path) };
}

function reads(...paths: readonly string[]): readonly AllowedCall[] {
  return paths.map(get);
}

function post(path: string): AllowedCall {
  return { methods: ["POST"], path: exactly(path) };
}

function remove(path: string): AllowedCall {
  return { methods: ["DELETE"], path: exactly(path) };
}
