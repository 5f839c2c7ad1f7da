import { MoorageError } from "../../../base/errors.ts";
import { fullDiskError } from "../api/api-errors.ts";

const NOT_THERE =
  /manifest unknown|manifest for .* not found|not found: manifest|repository .* not found|name unknown|pull access denied|requested access to the resource is denied|no such image|unauthorized|no basic auth credentials|\bdenied\b|does not exist|: not found/i;
const NETWORK =
  /dial tcp|lookup .*(?:no such host|server misbehaving|timeout|on )|no such host|i\/o timeout|timeout exceeded|deadline exceeded|connection refused|connection reset|network is unreachable|no route to host|TLS handshake|unexpected EOF|temporary failure|could not resolve|toomanyrequests|too many requests|\b(?:502|503|504)\b|bad gateway|service unavailable|failed to fetch|EAI_AGAIN/i;

/** True for failures that another attempt may not meet. */
export function isNetworkFailure(words: string): boolean {
  return NETWORK.test(words);
}

/** What a registry's refusal, or its silence, means for one image. */
export function registryError(image: string, words: string): MoorageError {
  const full = fullDiskError(`Pulling the image ${image}`, words);
  if (full !== undefined) return full;
  const cause = new Error(words);
  if (isNetworkFailure(words)) {
    return new MoorageError(
      "IMAGE_UNAVAILABLE",
      `The image ${image} is not on this machine, and its registry does not answer: ${words}`,
      { cause },
    );
  }
  if (NOT_THERE.test(words)) {
    return new MoorageError("IMAGE_NOT_FOUND", `The image ${image} was found neither here nor in its registry.`, {
      cause,
    });
  }
  return new MoorageError("ENGINE_FAILED", `Pulling the image ${image} failed: ${words}`, { cause });
}
