import type { RegistryAuth } from "../../../base/registry-auth.ts";

type Headers = Readonly<Record<string, string>>;

/** What the engine is to show to a registry. Without auth it is told so, or it refuses to push. */
export function authHeader(auth: RegistryAuth | undefined): Headers {
  return { "x-registry-auth": encoded(auth === undefined ? {} : authConfig(auth)) };
}

function authConfig(auth: RegistryAuth): object {
  const serveraddress = auth.host;
  if ("password" in auth) return { username: auth.username, password: auth.password.reveal(), serveraddress };
  if ("identityToken" in auth) return { identitytoken: auth.identityToken.reveal(), serveraddress };
  return { registrytoken: auth.registryToken.reveal(), serveraddress };
}

/** In the alphabet for URLs, and filled up: the engine reads no other. */
function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
}
