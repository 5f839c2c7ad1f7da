import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { MoorageError } from "../../../base/errors.ts";
import { parseDockerHost, type DockerEndpoint } from "./endpoint.ts";
import { readTlsFiles } from "./tls-files.ts";

const ConfigFile = z.object({ currentContext: z.string().optional() });
const ContextFile = z.object({
  Endpoints: z.object({
    docker: z.object({ Host: z.string().optional(), SkipTLSVerify: z.boolean().optional() }).optional(),
  }),
});

/** The name of the built-in context: whatever the environment or the defaults say. */
export const DEFAULT_CONTEXT = "default";

/** The context that `docker context use` chose; undefined where none was. */
export async function currentContext(configDirectory: string): Promise<string | undefined> {
  const path = join(configDirectory, "config.json");
  const text = await textOf(path);
  const name = text === undefined ? undefined : parsed(path, text, ConfigFile).currentContext;
  return name === "" ? undefined : name;
}

/** Where the engine of a context answers. INVALID_INPUT when there is no such context, or it is not usable. */
export async function contextEndpoint(configDirectory: string, name: string): Promise<DockerEndpoint> {
  // Docker's own layout: the directories are named by the hash of the context's name.
  const hash = createHash("sha256").update(name).digest("hex");
  const path = join(configDirectory, "contexts", "meta", hash, "meta.json");
  const text = await textOf(path);
  if (text === undefined) {
    throw new MoorageError("INVALID_INPUT", `The Docker context is "${name}"; expected one of this user's.`, {
      hint: "List them with `docker context ls`, and choose one with `docker context use NAME`.",
    });
  }
  const docker = parsed(path, text, ContextFile).Endpoints.docker;
  if (docker?.Host === undefined) {
    throw new MoorageError("INVALID_INPUT", `The Docker context "${name}" has no address of an engine in ${path}.`);
  }
  if (docker.SkipTLSVerify === true) {
    throw new MoorageError("ENGINE_UNSUPPORTED", `The Docker context "${name}" does not verify its engine's name.`, {
      hint: `Give it the engine's CA: \`docker context update ${name} --docker host=${docker.Host},ca=ca.pem\`.`,
    });
  }
  const endpoint = parseDockerHost(docker.Host, `The address of the Docker context "${name}"`);
  const tls = join(configDirectory, "contexts", "tls", hash, "docker");
  const hasTls = "host" in endpoint && (await textOf(join(tls, "ca.pem"))) !== undefined;
  return hasTls
    ? { ...endpoint, tls: await readTlsFiles(tls, `The TLS directory of the context "${name}"`) }
    : endpoint;
}

function parsed<T>(path: string, text: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new MoorageError("INVALID_INPUT", `${path} is not what Docker writes there.`, {
      hint: "Mend or remove the file; `docker context ls` shows whether Docker itself can read it.",
      cause,
    });
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && ["ENOENT", "ENOTDIR"].includes(String(error.code))) {
      return undefined;
    }
    throw new MoorageError("INVALID_INPUT", `The file ${path} cannot be read.`, { cause: error });
  }
}
