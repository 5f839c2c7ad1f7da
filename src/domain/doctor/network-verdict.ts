import type { Finding } from "../../contracts/types.ts";
import { failed, ok, warning } from "./finding.ts";

/**
 * What the places that answered from inside mean: lines of `open HOST:PORT`, `missing` where there is nothing to connect
 * with, and at last `end` with the address of the proxy where there is one.
 */
export function networkVerdict(check: string, stdout: string, exitCode: number | null): Finding {
  const lines = stdout.trim().split("\n");
  const proxy = /^end ?(?:http:\/\/)?(.*)$/.exec(lines.at(-1) ?? "")?.[1];
  if (proxy === undefined || lines.includes("missing")) {
    const reason =
      proxy === undefined ? `the look ended with ${exitCode ?? "an unknown code"}` : "it has nothing to connect with";
    const fix = "Name a default image that has sh and python3, bash or nc with MOORAGE_IMAGE, and run this again.";
    return warning(check, `Not tried from inside: ${reason}.`, fix);
  }
  const open = lines.filter((line) => line.startsWith("open ")).map((line) => line.slice("open ".length));
  const holes = open.filter((place) => place !== proxy);
  if (holes.length > 0) {
    const fix = "Use --network none until this is mended: look at `iptables -t mangle -S` while a sandbox runs.";
    return failed(check, `A job reached ${holes.join(", ")}, which it must not.`, fix);
  }
  if (proxy !== "" && !open.includes(proxy)) {
    const fix = "Let this host's firewall accept what comes in by interfaces named mrg*, to the port of the proxy.";
    return failed(check, `A job does not reach its egress proxy at ${proxy}.`, fix);
  }
  const beside = proxy === "" ? "" : "; its egress proxy answered";
  return ok(check, `A job tried the host by each address and the metadata service, and reached none${beside}.`);
}
