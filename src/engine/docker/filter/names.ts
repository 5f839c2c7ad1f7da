import { ID_PATTERN } from "../../../base/ids.ts";

const ID = ID_PATTERN.source.slice(1, -1);

/** What Moorage calls things on an engine, as sources of patterns. */
export const UNIT = `moorage-${ID}`;
export const KEPT_VOLUME = `moorage-volume-${ID}`;
export const KEPT_NETWORK = `moorage-network-${ID}`;
export const ENGINE_ID = "[0-9a-f]{64}";

export function whole(...sources: readonly string[]): RegExp {
  return new RegExp(`^(?:${sources.join("|")})$`);
}
