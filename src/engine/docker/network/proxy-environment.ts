import type { UnitSpec } from "../../engine.ts";
import type { Bridge } from "./bridge.ts";

const LOCAL = "localhost,127.0.0.1,::1";

/** The unit with the variables by which programs find its proxy, in both spellings; its own win. */
export function throughProxy(spec: UnitSpec, bridge: Bridge | undefined): UnitSpec {
  if (bridge?.proxyPort === undefined) return spec;
  const url = `http://${bridge.gateway}:${bridge.proxyPort}`;
  const names = { HTTP_PROXY: url, HTTPS_PROXY: url, NO_PROXY: LOCAL };
  const lower = { http_proxy: url, https_proxy: url, no_proxy: LOCAL };
  return { ...spec, env: { ...names, ...lower, ...spec.env } };
}
