import { agentOperations } from "./operations/agent.ts";
import { auditOperations } from "./operations/audit.ts";
import { authOperations } from "./operations/auth.ts";
import { contextOperations } from "./operations/context.ts";
import { eventOperations } from "./operations/event.ts";
import { fileOperations } from "./operations/file.ts";
import { imageOperations } from "./operations/image.ts";
import { jobOperations } from "./operations/job.ts";
import { keyOperations } from "./operations/key.ts";
import { networkOperations } from "./operations/network.ts";
import { quotaOperations } from "./operations/quota.ts";
import { receiptOperations } from "./operations/receipt.ts";
import { runOperations } from "./operations/run.ts";
import { sandboxOperations } from "./operations/sandbox.ts";
import { sessionOperations } from "./operations/session.ts";
import { snapshotOperations } from "./operations/snapshot.ts";
import { systemOperations } from "./operations/system.ts";
import { teamOperations } from "./operations/team.ts";
import { userOperations } from "./operations/user.ts";
import { volumeOperations } from "./operations/volume.ts";

/** Everything that Moorage can do, by noun. Doors are derived from this table; `raw.ts` lists what cannot be a row. */
export const operations = {
  job: jobOperations,
  agent: agentOperations,
  sandbox: sandboxOperations,
  run: runOperations,
  session: sessionOperations,
  file: fileOperations,
  image: imageOperations,
  context: contextOperations,
  network: networkOperations,
  receipt: receiptOperations,
  snapshot: snapshotOperations,
  volume: volumeOperations,
  key: keyOperations,
  user: userOperations,
  team: teamOperations,
  quota: quotaOperations,
  auth: authOperations,
  audit: auditOperations,
  event: eventOperations,
  system: systemOperations,
} as const;

export type Operations = typeof operations;
