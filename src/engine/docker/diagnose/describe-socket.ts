import { stat } from "node:fs/promises";
import { connect } from "node:net";
import type { Diagnosis } from "../../engine.ts";
import { endpointName, isLoopback, type DockerEndpoint } from "../endpoint/endpoint.ts";
import { hostFixes } from "../api/host-fixes.ts";

const CHECK = "engine.socket";
const CONNECT_MS = 2_000;
const OTHERS_WRITE = 0o002;

/** Whether this user may use the engine's door, and whether too many may. */
export async function describeSocket(endpoint: DockerEndpoint): Promise<Diagnosis> {
  if ("ssh" in endpoint)
    return finding("ok", `The engine is on ${endpoint.ssh.host}, reached by the program ssh.`, null);
  return "socketPath" in endpoint ? describeFile(endpoint.socketPath) : describeAddress(endpoint);
}

async function describeFile(path: string): Promise<Diagnosis> {
  try {
    const file = await stat(path);
    const mode = (file.mode & 0o777).toString(8).padStart(4, "0");
    const facts = `${path} (mode ${mode}, owner ${file.uid}:${file.gid})`;
    if (!file.isSocket()) {
      return finding(
        "failed",
        `${path} is not a socket.`,
        "Name the engine's socket in DOCKER_HOST, such as unix:///var/run/docker.sock.",
      );
    }
    const refusal = await connectionRefusal(path);
    if (refusal === "EACCES" || refusal === "EPERM") {
      return finding("failed", `This user may not use ${facts}.`, hostFixes().permission);
    }
    if (refusal !== undefined) {
      return finding("failed", `Nothing listens at ${facts} (${refusal}).`, hostFixes().start);
    }
    if ((file.mode & OTHERS_WRITE) !== 0) {
      const message = `Every user of this machine can use ${facts}, which is as good as being root.`;
      return finding("warning", message, `Take the right away: \`sudo chmod 0660 ${path}\`.`);
    }
    return finding("ok", `This user may use ${facts}.`, null);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EACCES") {
      return finding("failed", `This user may not see ${path}.`, hostFixes().permission);
    }
    const { install, start } = hostFixes();
    return finding("failed", `There is no socket at ${path}.`, `Not installed? ${install} Installed? ${start}`);
  }
}

/** Why a connection is refused, undefined when it is not. */
function connectionRefusal(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ path, timeout: CONNECT_MS });
    const end = (refusal: string | undefined): void => {
      socket.destroy();
      resolve(refusal);
    };
    socket.on("connect", () => end(undefined));
    socket.on("timeout", () => end("ETIMEDOUT"));
    socket.on("error", (error) => end("code" in error ? String(error.code) : error.message));
  });
}

function describeAddress(endpoint: Extract<DockerEndpoint, { host: string }>): Diagnosis {
  const name = endpointName(endpoint);
  if (endpoint.tls !== undefined) {
    const proven = endpoint.tls.cert === undefined ? "" : ", and this user by a certificate";
    return finding("ok", `The engine is at ${name}, proven by TLS${proven}.`, null);
  }
  if (isLoopback(endpoint.host)) return finding("ok", `The engine is at ${name}, on this machine.`, null);
  const message = `The engine at ${name} is used without encryption or a password: who reaches that port owns its machine.`;
  return finding("warning", message, "Set DOCKER_TLS_VERIFY and DOCKER_CERT_PATH, or use ssh:// in DOCKER_HOST.");
}

function finding(status: Diagnosis["status"], message: string, fix: string | null): Diagnosis {
  return { check: CHECK, status, message, fix };
}
