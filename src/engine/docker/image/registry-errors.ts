import { MoorageError } from "../../../base/errors.ts";
import type { ImageReference } from "../../../base/image-reference.ts";
import type { RegistryAuth } from "../../../base/registry-auth.ts";
import { answerOf, fullDiskError, isOwnWords } from "../api/api-errors.ts";

const UNTRUSTED =
  /x509:|tls: failed to verify|certificate (?:is not|has expired|signed by)|HTTP response to HTTPS client|remote error: tls/i;
/** Docker says this of images that nobody has, too, as long as nobody has logged in. */
const MAYBE_DENIED = /repository does not exist or may require/i;
const DENIED =
  /unauthorized|no basic auth credentials|authentication required|incorrect username or password|access denied|(?<!permission )\bdenied\b|\bstatus:? 40[13]\b|forbidden/i;
const NOT_FOR_PLATFORM =
  /no matching manifest for|no image found in (?:manifest list|image index)|no match for platform/i;
const NOT_THERE =
  /manifest unknown|manifest for .* not found|not found: manifest|repository .* not found|name unknown|no such image|does not exist|: not found/i;
const NETWORK =
  /dial tcp|lookup .*(?:no such host|server misbehaving|timeout|on )|no such host|i\/o timeout|timeout exceeded|deadline exceeded|connection refused|connection reset|network is unreachable|no route to host|TLS handshake|unexpected EOF|: EOF$|temporary failure|could not resolve|toomanyrequests|too many requests|\b(?:502|503|504)\b|bad gateway|service unavailable|failed to fetch|EAI_AGAIN/i;

/** True for failures that another attempt may not meet. */
export function isNetworkFailure(words: string): boolean {
  return NETWORK.test(words);
}

/** What was to go over, which way, and what the registry was shown. */
export type Transfer = {
  readonly way: "pull" | "push";
  readonly reference: ImageReference;
  readonly auth: RegistryAuth | undefined;
};

/** What a registry's refusal, or its silence, means for one image. */
export function registryError(transfer: Transfer, words: string): MoorageError {
  const { way, reference, auth } = transfer;
  const told = tellable(words, auth);
  const image = reference.whole;
  const doing = `${way === "pull" ? "Pulling" : "Pushing"} the image ${image}`;
  const full = fullDiskError(doing, told);
  if (full !== undefined) return full;
  const cause = new Error(told);
  if (UNTRUSTED.test(words)) return untrusted(reference, told);
  const maybe = auth === undefined && way === "pull" && MAYBE_DENIED.test(words);
  if (DENIED.test(words) && !maybe && !NETWORK.test(words)) return denied(transfer, told);
  if (isNetworkFailure(words)) {
    const message = `The image ${image} cannot be ${way}ed, as its registry does not answer: ${told}`;
    const hint = way === "pull" ? {} : { hint: "Check the network of the engine's host, and try again." };
    return new MoorageError("IMAGE_UNAVAILABLE", message, { ...hint, cause });
  }
  if (NOT_FOR_PLATFORM.test(words)) {
    const message = `The image ${image} is not there for the platform: ${told}`;
    return new MoorageError("IMAGE_NOT_FOUND", message, { hint: "Name another platform, or another image.", cause });
  }
  if (maybe || NOT_THERE.test(words)) {
    const message = `The image ${image} was found neither here nor in its registry.`;
    return new MoorageError("IMAGE_NOT_FOUND", message, { cause });
  }
  return new MoorageError("ENGINE_FAILED", `${doing} failed: ${told}`, { cause });
}

/** Work whose answer may refuse in its head, in the same words as in a line of the stream that follows. */
export async function withRegistryErrors<T>(transfer: Transfer, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const answer = answerOf(error);
    if (answer === undefined || !isOwnWords(answer)) throw error;
    throw registryError(transfer, answer.words);
  }
}

function denied({ way, reference, auth }: Transfer, words: string): MoorageError {
  const { host, whole } = reference;
  const cause = new Error(words);
  if (auth === undefined) {
    const message = `The registry ${host} lets nobody ${way} ${whole} without a login, and Moorage has none for it.`;
    return new MoorageError("REGISTRY_DENIED", message, {
      hint: `Log in with \`docker login ${host}\`, or give it a profile under \`registries\`; docs/registries.md shows how.`,
      cause,
    });
  }
  const who = "username" in auth ? `the user "${auth.username}"` : "the token that it was shown";
  const message = `The registry ${host} does not let ${who} ${way} ${whole}: ${words}`;
  return new MoorageError("REGISTRY_DENIED", message, { cause });
}

function untrusted({ host }: ImageReference, words: string): MoorageError {
  return new MoorageError("REGISTRY_UNTRUSTED", `The engine does not trust the registry ${host}: ${words}`, {
    hint: `Put its CA at /etc/docker/certs.d/${host}/ca.crt on the engine's host; one that has expired is for the registry to renew.`,
    cause: new Error(words),
  });
}

/**
 * What an engine quotes of an answer that is no registry's. The engine asks from its host's own network: whoever names an
 * address there must not read by it what is for that host alone.
 */
const QUOTED = /((?:error parsing HTTP \d+ response body|StatusCode: \d+)).*$/is;
/** A registry's own reasons are shorter. */
const MAX_WORDS_CHARS = 500;

/** A registry may say anything, also what it was shown; what is none may say what is nobody's to read. */
function tellable(words: string, auth: RegistryAuth | undefined): string {
  let told = words.replace(QUOTED, "$1 (left out: it is no answer of a registry)").slice(0, MAX_WORDS_CHARS);
  for (const secret of auth === undefined ? [] : shown(auth)) told = told.replaceAll(secret, "[secret]");
  return told;
}

function shown(auth: RegistryAuth): string[] {
  if ("identityToken" in auth) return [auth.identityToken.reveal()];
  if ("registryToken" in auth) return [auth.registryToken.reveal()];
  const password = auth.password.reveal();
  return [password, Buffer.from(`${auth.username}:${password}`).toString("base64")];
}
