import { isIP } from "node:net";
import { withDeadline } from "../../../../base/deadline.ts";
import { MoorageError } from "../../../../base/errors.ts";
import { internet, type Reach } from "../../../../egress/reach.ts";
import type { GitWish } from "./git-source.ts";

const LOOKUP_MS = 10_000;

/**
 * Where a host is reached, as `HOST:PORT:ADDRESS`; undefined where it is an address itself, or one that the
 * administrator named. INVALID_INPUT where it leads to what is not the public internet: who may build must not reach
 * what only this machine can. The name is looked up once, here, and Git goes to the address that was judged.
 */
export async function reachedHost(
  { protocol, host: { name, port } }: GitWish,
  named: readonly string[],
  reach: Reach = internet,
): Promise<string | undefined> {
  if (named.includes(name) || named.includes(`${name}:${port}`)) return undefined;
  const hint = `An administrator can allow it by "build": { "context": { "gitHosts": ["${name}"] } } in moorage.config.json.`;
  if (protocol !== "https") {
    throw new MoorageError("INVALID_INPUT", "git: expected https://, for plain HTTP can be changed on its way.", {
      hint,
    });
  }
  const plain = name.replace(/^\[|\]$/g, "");
  const addresses = isIP(plain) === 0 ? await lookedUp(name, reach) : [plain];
  const address = addresses.find(reach.isPublic);
  if (address === undefined) {
    throw new MoorageError("INVALID_INPUT", `git: ${name} is no host of the public internet.`, { hint });
  }
  return address === plain ? undefined : `${name}:${port}:${isIP(address) === 6 ? `[${address}]` : address}`;
}

async function lookedUp(name: string, reach: Reach): Promise<readonly string[]> {
  try {
    return await withDeadline(reach.resolve(name), LOOKUP_MS, `Looking up ${name}`);
  } catch (error) {
    throw new MoorageError("REPOSITORY_UNAVAILABLE", `The name ${name} cannot be looked up.`, {
      hint: "Check its spelling, and that this machine reaches the internet.",
      cause: error,
    });
  }
}
