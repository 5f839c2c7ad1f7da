import { delimiter } from "node:path";
import { MoorageError } from "../base/errors.ts";
import { parseBytes, parseDuration } from "../base/quantities.ts";

type Environment = Readonly<Record<string, string | undefined>>;
type Read = (text: string) => unknown;

type Variable = {
  readonly name: string;
  readonly path: readonly string[];
  readonly read: Read;
  readonly expected: string;
};

const text: Read = (value) => value;
/** As Docker reads DOCKER_TLS_VERIFY: whatever it is set to turns it on. */
const anything: Read = () => true;
const yes: Read = (value) => ({ "1": true, true: true, "0": false, false: false })[value];
const bytes: Read = parseBytes;
const duration: Read = parseDuration;
const paths: Read = (value) => value.split(delimiter).filter((part) => part !== "");
const names: Read = (value) =>
  value
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
const addresses: Read = (value) => (value === "none" ? [] : names(value));
/** A policy, or the bare name of a network, as pipelines for other tools give it. */
const network: Read = (value) => {
  if (/^(?:none|internal|open|(?:allow|net):\S+)$/.test(value)) return value;
  return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(value) ? `net:${value}` : undefined;
};
const number: Read = (value) => (value.trim() === "" || Number.isNaN(Number(value)) ? undefined : Number(value));

/** The environment variables that are read, and what of the configuration they set. Later rows win. */
export const VARIABLES: readonly Variable[] = [
  {
    name: "DOCKER_HOST",
    path: ["docker", "host"],
    read: text,
    expected: "an address such as unix:///var/run/docker.sock",
  },
  { name: "DOCKER_CONTEXT", path: ["docker", "context"], read: text, expected: "the name of a Docker context" },
  { name: "DOCKER_CONFIG", path: ["docker", "configDirectory"], read: text, expected: "a directory" },
  { name: "DOCKER_TLS_VERIFY", path: ["docker", "tlsVerify"], read: anything, expected: "anything, or nothing" },
  { name: "DOCKER_CERT_PATH", path: ["docker", "certPath"], read: text, expected: "a directory" },
  { name: "MOORAGE_DOCKER_PLAIN_TCP", path: ["docker", "allowPlainTcp"], read: yes, expected: "1 or 0" },
  { name: "MOORAGE_SSH_CONFIG", path: ["docker", "sshConfig"], read: text, expected: "a file" },
  {
    name: "DOCKER_NETWORK",
    path: ["agent", "network"],
    read: network,
    expected: "a network policy, or the name of a network",
  },
  { name: "DOCKER_TIMEOUT_SECONDS", path: ["agent", "timeoutMs"], read: duration, expected: "seconds, such as 120" },
  { name: "DOCKER_MEMORY_LIMIT", path: ["agent", "memoryBytes"], read: bytes, expected: "a size, such as 512m" },
  { name: "DOCKER_CPU_LIMIT", path: ["agent", "cpus"], read: number, expected: "a number, such as 1" },
  { name: "MOORAGE_ENGINE", path: ["engine"], read: text, expected: "docker or process" },
  { name: "MOORAGE_IMAGE", path: ["image"], read: text, expected: "an image reference" },
  { name: "MOORAGE_AGENT_IMAGE", path: ["agent", "image"], read: text, expected: "an image reference" },
  { name: "MOORAGE_MAX_MEMORY", path: ["maxima", "memoryBytes"], read: bytes, expected: "a size, such as 4g" },
  { name: "MOORAGE_MAX_CPUS", path: ["maxima", "cpus"], read: number, expected: "a number, such as 2" },
  { name: "MOORAGE_MAX_PIDS", path: ["maxima", "pids"], read: number, expected: "a number, such as 1024" },
  { name: "MOORAGE_MAX_DISK", path: ["maxima", "diskBytes"], read: bytes, expected: "a size, such as 20g" },
  { name: "MOORAGE_MAX_TIMEOUT", path: ["maxima", "timeoutMs"], read: duration, expected: "a duration, such as 1h" },
  { name: "MOORAGE_KEEP_FREE", path: ["keepFreeBytes"], read: bytes, expected: "a size, such as 2g" },
  {
    name: "MOORAGE_WORKSPACE_ROOTS",
    path: ["workspaceRoots"],
    read: paths,
    expected: `directories joined by "${delimiter}"`,
  },
  { name: "MOORAGE_RUNTIMES", path: ["runtimes"], read: names, expected: "names joined by commas" },
  { name: "MOORAGE_RECORD_BYTES", path: ["recordBytes"], read: bytes, expected: "a size, such as 1m" },
  {
    name: "MOORAGE_RUN_AGE",
    path: ["runMaxAgeMs"],
    read: duration,
    expected: "a duration, such as 720h, or 0 for ever",
  },
  {
    name: "MOORAGE_RUN_COUNT",
    path: ["runMaxCount"],
    read: number,
    expected: "a number, such as 100000, or 0 for all",
  },
  { name: "MOORAGE_LOG_BYTES", path: ["logBytes"], read: bytes, expected: "a size, such as 64m" },
  { name: "MOORAGE_LOG_AGE", path: ["logMaxAgeMs"], read: duration, expected: "a duration, such as 720h" },
  { name: "MOORAGE_LOG_TOTAL", path: ["logTotalBytes"], read: bytes, expected: "a size, such as 10g" },
  { name: "MOORAGE_GRACE", path: ["graceMs"], read: duration, expected: "a duration, such as 1s" },
  {
    name: "MOORAGE_IDLE_TIMEOUT",
    path: ["timers", "idleTimeoutMs"],
    read: duration,
    expected: "a duration, such as 1h, or 0 for never",
  },
  {
    name: "MOORAGE_IMAGE_IMPORT_BYTES",
    path: ["images", "maxImportBytes"],
    read: bytes,
    expected: "a size, such as 10g",
  },
  {
    name: "MOORAGE_EXPORT_REGISTRY",
    path: ["images", "exports", "registry"],
    read: text,
    expected: "a registry, such as ghcr.io/team",
  },
  { name: "MOORAGE_EXPORT_PREFIX", path: ["images", "exports", "prefix"], read: text, expected: "a name" },
  { name: "MOORAGE_EXPORT_VERSION", path: ["images", "exports", "version"], read: text, expected: "a tag" },
  {
    name: "MOORAGE_SNAPSHOT_BYTES",
    path: ["snapshots", "maxBytes"],
    read: bytes,
    expected: "a size, such as 10g",
  },
  {
    name: "MOORAGE_MAX_SNAPSHOTS",
    path: ["snapshots", "maxPerOwner"],
    read: number,
    expected: "a number, such as 100",
  },
  { name: "MOORAGE_BUILD_POLICY", path: ["build", "policy"], read: text, expected: "enforce, warn or off" },
  {
    name: "MOORAGE_BUILD_REGISTRIES",
    path: ["build", "allowedRegistries"],
    read: names,
    expected: "registries joined by commas",
  },
  { name: "MOORAGE_BUILD_ADD_URL", path: ["build", "allowAddUrl"], read: yes, expected: "1 or 0" },
  {
    name: "MOORAGE_STATS_INTERVAL",
    path: ["stats", "sampleMs"],
    read: duration,
    expected: "a duration such as 10s of at least one second, or 0 for none",
  },
  { name: "MOORAGE_STATS_KEPT", path: ["stats", "keptMs"], read: duration, expected: "a duration, such as 2h" },
  {
    name: "MOORAGE_LISTEN",
    path: ["server", "listen"],
    read: addresses,
    expected: "addresses such as 127.0.0.1:7070 joined by commas, or none",
  },
  { name: "MOORAGE_HOSTS", path: ["server", "hosts"], read: names, expected: "names joined by commas" },
  { name: "MOORAGE_ORIGINS", path: ["server", "origins"], read: names, expected: "origins joined by commas" },
  { name: "MOORAGE_LOG", path: ["logLevel"], read: text, expected: "debug, info, warn, error or silent" },
  { name: "MOORAGE_URL", path: ["url"], read: text, expected: "an http, https or unix address" },
  { name: "MOORAGE_KEY", path: ["key"], read: text, expected: "an API key" },
];

export type Settings = { [key: string]: unknown };

/** What the environment sets, in the configuration's own shape. */
export function environmentSettings(environment: Environment): Settings {
  const settings: Settings = {};
  const image = environment["DOCKER_IMAGE_NAME"];
  if (image !== undefined && image !== "") {
    put(settings, ["agent", "image"], `${image}:${environment["DOCKER_IMAGE_TAG"] ?? "latest"}`);
  }
  for (const { name, path, read, expected } of VARIABLES) {
    const given = environment[name];
    if (given === undefined || given === "") continue;
    const value = read(given);
    if (value === undefined) throw new MoorageError("INVALID_INPUT", `${name} is "${given}"; expected ${expected}.`);
    put(settings, path, value);
  }
  return settings;
}

function put(settings: Settings, [first, ...rest]: readonly string[], value: unknown): void {
  if (first === undefined) return;
  if (rest.length === 0) {
    settings[first] = value;
    return;
  }
  const inner: Settings = { ...(settings[first] as Settings | undefined) };
  put(inner, rest, value);
  settings[first] = inner;
}
