import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ErrorCode } from "../../../base/error-codes.ts";
import { canceled } from "../../../base/deadline.ts";
import { isMoorageError, MoorageError } from "../../../base/errors.ts";
import { DEFAULT_PIPE, DEFAULT_SOCKET, endpointName, type DockerEndpoint } from "../endpoint/endpoint.ts";
import type { SshTarget } from "../endpoint/ssh-target.ts";
import { hostFixes } from "./host-fixes.ts";
import { systemCode } from "./system-code.ts";

type AnswerRow = {
  readonly status?: number;
  readonly text?: RegExp;
  readonly code: ErrorCode;
  readonly message: (text: string) => string;
  readonly hint?: () => string;
};

const FULL_DISK = /no space left on device|disk quota exceeded/i;

/** For work of the engine's whose failure, by its words, is that its own disk has no room; undefined otherwise. */
export function fullDiskError(work: string, text: string): MoorageError | undefined {
  if (!FULL_DISK.test(text)) return undefined;
  return new MoorageError("DISK_FULL", `${work} failed, as the engine's disk is full: ${text}`);
}

const words = (text: string): string => text;

// The first row that fits decides. Docker tells most causes by text alone.
const ANSWERS: readonly AnswerRow[] = [
  {
    text: /client version \S+ is too new/i,
    code: "ENGINE_UNSUPPORTED",
    message: (text) => `This Docker Engine is too old: 20.10 (API 1.41) or newer is needed. It says: ${text}`,
    hint: () => hostFixes().upgrade,
  },
  {
    status: 400,
    text: /HTTP request to an HTTPS server/i,
    code: "ENGINE_UNREACHABLE",
    message: () => "The engine wants TLS, and was asked without.",
    hint: () => "Set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH.",
  },
  {
    status: 404,
    text: /no such image|pull access denied|manifest .*unknown/i,
    code: "IMAGE_NOT_FOUND",
    message: words,
  },
  {
    text: /unknown runtime|unknown or invalid runtime|runtime "?[^"]*"? not found/i,
    code: "INVALID_INPUT",
    message: (text) => `The engine has no such runtime: ${text}`,
    hint: () => "Leave --runtime out, or name one that `moorage doctor` lists.",
  },
  {
    text: /bind source path does not exist/i,
    code: "WORKSPACE_NOT_FOUND",
    message: (text) =>
      `The workspace ${/does not exist: (.*)$/.exec(text)?.[1] ?? ""} does not exist on the engine's host.`,
  },
  { text: FULL_DISK, code: "DISK_FULL", message: (text) => `The engine's disk is full: ${text}` },
  {
    text: /OCI runtime create failed|failed to create (?:shim|task)|unable to find (?:user|group)|exec format error|no command specified/i,
    code: "START_FAILED",
    message: (text) => `The container did not start: ${text}`,
  },
  {
    text: /port is already allocated|address already in use|ports are not available/i,
    code: "CONFLICT",
    message: (text) => `A host port is taken: ${text}`,
    hint: () => "Name another host port, or let one be chosen with auto.",
  },
  { status: 404, text: /could not find the file/i, code: "FILE_NOT_FOUND", message: words },
  {
    status: 404,
    text: /no such container/i,
    code: "NOT_FOUND",
    message: () => "There is no such sandbox on this engine.",
  },
  {
    text: /too many (?:levels of symbolic )?links/i,
    code: "PATH_NOT_ALLOWED",
    message: () => "The path leads round in a circle of links.",
  },
  {
    text: /cannot overwrite (?:non-)?directory/i,
    code: "CONFLICT",
    message: (text) => `A file cannot take the place of a directory, nor a directory that of a file: ${text}`,
  },
  {
    status: 409,
    text: /is not running|container state improper|is paused|is restarting|cannot exec in a (?:paused|stopped)/i,
    code: "SANDBOX_NOT_RUNNING",
    message: (text) => `The sandbox does not run: ${text}`,
  },
  { status: 409, code: "CONFLICT", message: (text) => `The engine refuses: ${text}` },
  { code: "ENGINE_FAILED", message: (text) => `The engine failed: ${text}` },
];

/** What the engine answered, kept as the cause of the error that tells it. */
export class EngineAnswer extends Error {
  readonly status: number;
  readonly words: string;

  constructor(request: string, status: number, words: string) {
    super(`${request}: status ${status}: ${words}`);
    this.name = "EngineAnswer";
    this.status = status;
    this.words = words;
  }
}

/** What an answer of the engine with an error status means. `body` is Docker's `{ "message": … }`, or other text. */
export function answerError(given: number, body: string, request: string): MoorageError {
  const text = messageOf(body) || `status ${given} without a message`;
  const status = meantStatus(given, text);
  const row = ANSWERS.find((candidate) => {
    return (candidate.status ?? status) === status && (candidate.text?.test(text) ?? true);
  });
  const cause = new EngineAnswer(request, status, text);
  return new MoorageError(row?.code ?? "ENGINE_FAILED", row?.message(text) ?? text, {
    ...(row?.hint === undefined ? {} : { hint: row.hint() }),
    cause,
  });
}

/** Podman answers 500 where Docker says whose fault it was. */
function meantStatus(status: number, text: string): number {
  if (status !== 500) return status;
  if (/no such (?:container|exec session|volume)/i.test(text)) return 404;
  return /container state improper|is already in use/i.test(text) ? 409 : status;
}

/** The engine's answer that this error tells, when there was one. */
export function answerOf(error: unknown): EngineAnswer | undefined {
  return error instanceof Error && error.cause instanceof EngineAnswer ? error.cause : undefined;
}

/** False for what something in front of the engine says. */
export function isOwnWords({ status }: EngineAnswer): boolean {
  return status <= 500;
}

function messageOf(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === "object" && parsed !== null && "message" in parsed) return String(parsed.message).trim();
  } catch {
    // Proxies and old engines answer in plain text.
  }
  const text = body.trim();
  if (!text.startsWith("<")) return text.slice(0, 1000);
  const title = /<title>([^<]{1,200})<\/title>/i.exec(text)?.[1]?.trim();
  return `a web page came back, as proxies send it${title === undefined ? "" : ` ("${title}")`}`;
}

export type ConnectionContext = {
  readonly endpoint: DockerEndpoint;
  /** Directories where Docker's programs are looked for when its socket is missing. */
  readonly programDirectories: readonly string[];
  readonly timeoutMs: number;
  /** The caller's own signal, to tell its cancellation from our deadline. */
  readonly signal: AbortSignal | undefined;
};

/** What a connection that failed means. */
export function connectionError(error: unknown, context: ConnectionContext): MoorageError {
  if (isMoorageError(error)) return error;
  if (context.signal?.aborted === true) return canceled(context.signal.reason);
  const name = endpointName(context.endpoint);
  if (isTimeout(error)) {
    return new MoorageError("ENGINE_TIMEOUT", `Docker at ${name} did not answer within ${context.timeoutMs} ms.`, {
      details: { timeoutMs: context.timeoutMs },
      cause: error,
    });
  }
  const code = systemCode(error);
  if ("ssh" in context.endpoint) return farError(code, context.endpoint.ssh, error);
  if ("host" in context.endpoint && isTlsCode(code)) return tlsError(code, name, error);
  if (code === "EACCES" || code === "EPERM") {
    const message = `This user has no permission to use Docker's socket at ${name}.`;
    return new MoorageError("ENGINE_PERMISSION", message, { hint: hostFixes().permission, cause: error });
  }
  if (code === "ENOENT" && !isInstalled(context.programDirectories)) {
    const message = `Docker is not installed: there is neither ${name} nor one of its programs.`;
    return new MoorageError("ENGINE_NOT_INSTALLED", message, { hint: hostFixes().install, cause: error });
  }
  if (code?.startsWith("HPE_") === true) {
    const message = `What answers at ${name} is not a Docker engine (${code}).`;
    return new MoorageError("ENGINE_FAILED", message, { hint: "Check DOCKER_HOST.", cause: error });
  }
  const message = `Docker does not answer at ${name} (${code ?? "no answer"}).`;
  return new MoorageError("ENGINE_UNREACHABLE", message, { hint: startingHint(context.endpoint), cause: error });
}

/** Any other place than the usual one was named by somebody, perhaps wrongly. */
function startingHint(endpoint: DockerEndpoint): string {
  if (!("socketPath" in endpoint)) return "Start the engine there, or check DOCKER_HOST or the context that names it.";
  const usual = [DEFAULT_SOCKET, DEFAULT_PIPE].includes(endpoint.socketPath);
  return usual ? hostFixes().start : `${hostFixes().start} Or check DOCKER_HOST or the context that names that place.`;
}

/** The tunnel stands, so it is the engine's socket over there that does not answer. */
function farError(code: string | undefined, { host, socketPath }: SshTarget, cause: unknown): MoorageError {
  const message = `Docker does not answer at ${socketPath} on ${host} (${code ?? "no answer"}).`;
  const hint = `Over there the engine has to run, and the user to have a right to ${socketPath}; another socket goes behind the host: ssh://${host}/run/user/1000/docker.sock.`;
  return new MoorageError("ENGINE_UNREACHABLE", message, { hint, cause });
}

function isTlsCode(code: string | undefined): code is string {
  return code !== undefined && /^ERR_(?:TLS|SSL)|^EPROTO$|CERT|SIGNATURE|ISSUER/.test(code);
}

function tlsError(code: string, name: string, cause: unknown): MoorageError {
  if (/WRONG_VERSION_NUMBER|EPROTO|PACKET_LENGTH|HTTP_REQUEST/.test(code)) {
    const message = `What answers at ${name} does not speak TLS (${code}).`;
    return new MoorageError("ENGINE_UNREACHABLE", message, { hint: "Check the port: 2376 is usual for TLS.", cause });
  }
  const whose = code.includes("ALERT")
    ? "The engine refuses this user's certificate"
    : "The engine is not the one that its CA proves";
  return new MoorageError("ENGINE_PERMISSION", `${whose}: ${name} (${code}).`, {
    hint: "Look at ca.pem, cert.pem and key.pem in DOCKER_CERT_PATH, and at the name in DOCKER_HOST.",
    cause,
  });
}

function isTimeout(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === "TimeoutError" || (error.cause instanceof Error && error.cause.name === "TimeoutError");
}

function isInstalled(directories: readonly string[]): boolean {
  return directories.some((directory) => ["docker", "dockerd"].some((name) => existsSync(join(directory, name))));
}
