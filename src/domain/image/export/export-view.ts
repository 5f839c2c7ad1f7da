import type { Export } from "../../../contracts/types.ts";
import type { ExportRow } from "../../../store/store.ts";

export function exportView(row: ExportRow): Export {
  const { id: exportId, owner: _owner, keyId: _keyId, holder: _holder, logBytes: _bytes, ...rest } = row;
  const { startedAt: _started, endedAt: _ended, warnings, ...shown } = rest;
  return { exportId, ...shown, warnings: [...warnings] };
}
