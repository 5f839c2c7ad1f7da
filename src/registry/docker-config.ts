import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { registryHost } from "../base/image-reference.ts";
import type { RegistryAuth } from "../base/registry-auth.ts";
import { Secret } from "../base/secret.ts";
import { askCredentialProgram, type ProgramReply } from "./credential-program.ts";
import type { Surroundings } from "./surroundings.ts";
import { unusable } from "./unusable.ts";

const HUB = "docker.io";
/** Under this name Docker keeps what is for its own registry. */
const HUB_SERVER = "https://index.docker.io/v1/";
/** A helper's word for a user that says that the secret is an identity token. */
const TOKEN_USER = "<token>";

const text = z
  .string()
  .nullish()
  .transform((value) => (value === "" ? undefined : (value ?? undefined)));
const Entry = z.object({ auth: text, username: text, password: text, identitytoken: text, registrytoken: text });
type Entry = z.output<typeof Entry>;
const ConfigFile = z.object({
  auths: z.record(z.string(), Entry).nullish(),
  credsStore: text,
  credHelpers: z.record(z.string(), z.string()).nullish(),
});
type ConfigFile = z.output<typeof ConfigFile>;

/** What `docker login` has left for a registry, in Docker's own file or with a helper that the file names. */
export async function dockerConfigAuth(host: string, surroundings: Surroundings): Promise<RegistryAuth | undefined> {
  const path = join(surroundings.configDirectory, "config.json");
  const config = await readConfig(path);
  if (config === undefined) return undefined;
  const program = under(config.credHelpers, host)?.[1] ?? config.credsStore;
  if (program !== undefined) {
    const server = host === HUB ? HUB_SERVER : host;
    const reply = await askCredentialProgram(program, server, surroundings);
    if (reply !== undefined) return replyAuth(host, reply);
  }
  const entry = under(config.auths, host);
  return entry === undefined ? undefined : entryAuth(host, { path, server: entry[0], entry: entry[1] });
}

async function readConfig(path: string): Promise<ConfigFile | undefined> {
  const hint = "Mend or remove the file, then log in again with `docker login`.";
  let content: string;
  try {
    content = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && ["ENOENT", "ENOTDIR"].includes(String(error.code)))
      return undefined;
    throw unusable(`The file ${path} cannot be read.`, { hint, cause: error });
  }
  try {
    return ConfigFile.parse(JSON.parse(content));
  } catch {
    // What failed quotes the file, which holds secrets: it is no cause to be logged.
    throw unusable(`${path} is not what Docker writes there.`, { hint });
  }
}

/** The member whose name means this host, the host's own name first. */
function under<T>(members: Readonly<Record<string, T>> | null | undefined, host: string): [string, T] | undefined {
  const named = Object.entries(members ?? {}).filter(([server]) => registryHost(server) === host);
  return named.find(([server]) => server === host) ?? named[0];
}

function replyAuth(host: string, { username, secret }: ProgramReply): RegistryAuth {
  return username === TOKEN_USER
    ? { host, identityToken: new Secret(secret) }
    : { host, username, password: new Secret(secret) };
}

type Place = { readonly path: string; readonly server: string; readonly entry: Entry };

function entryAuth(host: string, { path, server, entry }: Place): RegistryAuth | undefined {
  const { auth, username, password, identitytoken, registrytoken } = entry;
  if (identitytoken !== undefined) return { host, identityToken: new Secret(identitytoken) };
  if (registrytoken !== undefined) return { host, registryToken: new Secret(registrytoken) };
  if (auth !== undefined) {
    const [, name, secret] = /^([^:]+):(.+)$/s.exec(Buffer.from(auth, "base64").toString()) ?? [];
    if (name === undefined || secret === undefined) {
      throw unusable(`The entry "${server}" of ${path} has no user and password in \`auth\`.`, {
        hint: `Log in again with \`docker login ${host}\`.`,
      });
    }
    return { host, username: name, password: new Secret(secret.replace(/\0+$/, "")) };
  }
  if (username === undefined || password === undefined) return undefined;
  return { host, username, password: new Secret(password) };
}
