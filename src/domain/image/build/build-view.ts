import type { Build } from "../../../contracts/types.ts";
import type { BuildRow } from "../../../store/store.ts";

export function buildView(row: BuildRow): Build {
  const { id: buildId, owner: _owner, keyId: _keyId, dockerfileHash: _file, contextHash: _context, ...rest } = row;
  const { cache: _cache, holder: _holder, endedAt: _endedAt, startedAt: _startedAt, warnings, ...shown } = rest;
  return { buildId, ...shown, warnings: [...warnings] };
}
