import { isIPv4 } from "node:net";
import type { Finding } from "../../contracts/types.ts";
import type { Call } from "../context.ts";
import { listenOnHost } from "../probe/host-listener.ts";
import { probeTargets } from "../probe/targets.ts";
import { policyOf } from "../sandbox/network.ts";
import { finding, warning } from "./finding.ts";
import { networkVerdict } from "./network-verdict.ts";
import { runToEnd } from "./run-to-end.ts";

const METADATA = "169.254.169.254:80";
/** A name that nobody has: the proxy answers, and lets nothing through. */
const POLICIES = ["internal", "allow:moorage-doctor.invalid", "open"];

/**
 * Tries to connect to each place given as host:port, all at once, with whichever program the image has, and prints
 * those that answered. The host's address on the unit's own bridge is found in its routes, its proxy in its environment.
 */
const SCRIPT = `
try() {
  if command -v python3; then
    python3 -c 'import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 3)' "$1" "$2"
  elif command -v bash && command -v timeout; then timeout 3 bash -c ': </dev/tcp/"$1"/"$2"' bash "$1" "$2"
  elif command -v nc; then nc -w 3 "$1" "$2" </dev/null
  else echo missing >&3; return 1
  fi
} >/dev/null 2>&1
exec 3>&1
while read -r interface target gateway rest; do
  if [ "$target" = 00000000 ]; then
    set -- "$@" "$((0x$(printf %s "$gateway" | cut -c7-8))).$((0x$(printf %s "$gateway" | cut -c5-6))).$((0x$(printf %s "$gateway" | cut -c3-4))).$((0x$(printf %s "$gateway" | cut -c1-2))):$HOST_PORT"
  fi
done </proc/net/route
[ -z "$http_proxy" ] || set -- "$@" "\${http_proxy#http://}"
for place; do ( try "\${place%:*}" "\${place##*:}" && echo "open $place" ) & done
wait
echo end "$http_proxy"
`;

/** Whether the policies hold, tried from inside real jobs; none on engines that know no network at all. */
export async function checkNetworks(call: Call): Promise<readonly Finding[]> {
  if (call.context.engine.networks === undefined) return [];
  await using listening = await listenOnHost();
  const port = String(listening.tcp);
  const hosts = probeTargets(listening).host.addresses.filter(([address]) => isIPv4(address));
  const places = hosts.map(([address]) => `${address}:${port}`);
  return await Promise.all(
    POLICIES.map((policy) => {
      const check = `network.${policyOf(policy)}`;
      return finding(check, call.signal, () => checkPolicy(call, policy, { places, port }));
    }),
  );
}

type HostPlaces = { readonly places: readonly string[]; readonly port: string };

async function checkPolicy(call: Call, policy: string, { places, port }: HostPlaces): Promise<Finding> {
  const name = policyOf(policy);
  const check = `network.${name}`;
  const enforcement = await call.context.engine.networks?.enforcement(name, call.signal);
  if (enforcement?.enforced === false) {
    return warning(check, `${name} is refused here: ${enforcement.reason}.`, enforcement.fix);
  }
  const command = ["sh", "-c", SCRIPT, "sh", ...places, METADATA];
  const { stdout, exitCode } = await runToEnd(call, { command, network: policy, env: { HOST_PORT: port } });
  return networkVerdict(check, stdout, exitCode);
}
