import { readFile, stat } from "node:fs/promises";
import type { RegistryAuth } from "../base/registry-auth.ts";
import { Secret } from "../base/secret.ts";
import { ecrAuth, ecrTokenAuth } from "./aws.ts";
import { azureAuth } from "./azure.ts";
import { googleAuth } from "./google.ts";
import { variable, type Surroundings } from "./surroundings.ts";
import { unusable } from "./unusable.ts";

/** How the configuration says that one registry is to be used. The secret itself is never a part of it. */
export type RegistryProfile = {
  readonly kind: "basic" | "ecr" | "gcr" | "acr";
  readonly username?: string | undefined;
  /** A file with the secret; absolute. */
  readonly passwordFile?: string | undefined;
  /** The name of the environment variable that holds it. */
  readonly passwordEnv?: string | undefined;
  /** Of Amazon's, where the host does not tell it. */
  readonly region?: string | undefined;
  /** Of Azure's. */
  readonly tenant?: string | undefined;
};

const MAX_SECRET_BYTES = 64 * 1024;

/** What a profile says to show to its registry. */
export async function profileAuth(
  host: string,
  profile: RegistryProfile,
  surroundings: Surroundings,
): Promise<RegistryAuth> {
  const secret = await secretOf(host, profile, surroundings);
  if (profile.kind === "ecr") {
    if (secret !== undefined) return ecrTokenAuth(host, secret.reveal());
    const auth = await ecrAuth(host, profile.region, surroundings);
    if (auth !== undefined) return auth;
    throw unusable(`The profile of ${host} is of kind ecr, and there are no AWS keys.`, {
      hint: "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a token by passwordFile or passwordEnv.",
    });
  }
  if (secret === undefined) throw new TypeError("The configuration lets no profile of this kind be without a secret.");
  if (profile.kind === "gcr") return googleAuth(host, secret, surroundings);
  const { kind, username, tenant } = profile;
  if (username !== undefined) return { host, username, password: secret };
  if (kind === "acr") return azureAuth({ host, token: secret, tenant }, surroundings);
  throw new TypeError("The configuration lets no profile of this kind be without a user.");
}

async function secretOf(
  host: string,
  { passwordFile, passwordEnv }: RegistryProfile,
  { environment }: Surroundings,
): Promise<Secret | undefined> {
  if (passwordEnv !== undefined) {
    const value = variable(environment, passwordEnv);
    if (value !== undefined) return new Secret(value);
    throw unusable(`The profile of ${host} names the variable ${passwordEnv}, which is not set.`, {
      hint: `Set ${passwordEnv} in the environment of Moorage.`,
    });
  }
  return passwordFile === undefined ? undefined : new Secret(await textOf(host, passwordFile));
}

async function textOf(host: string, path: string): Promise<string> {
  const told = (what: string, cause?: unknown) =>
    unusable(`The profile of ${host} names the file ${path}, which ${what}.`, {
      hint: "Name a file with the secret alone that the user of Moorage may read.",
      cause,
    });
  const text = await read(path).catch((error: unknown) => {
    throw told("cannot be read", error);
  });
  if (text === undefined) throw told(`is no file of at most ${MAX_SECRET_BYTES} bytes`);
  const secret = text.replace(/\r?\n$/, "");
  if (secret === "") throw told("is empty");
  return secret;
}

async function read(path: string): Promise<string | undefined> {
  const info = await stat(path);
  return info.isFile() && info.size <= MAX_SECRET_BYTES ? readFile(path, "utf8") : undefined;
}
