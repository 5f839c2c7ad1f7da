import type { EngineName, QuotaLimits } from "../../contracts/types.ts";
import type { Store } from "../store.ts";
import { openDatabase } from "./database.ts";
import { createKeyRows, createUserRows } from "./access-rows.ts";
import { createContextRows } from "./context-rows.ts";
import { createImageRows } from "./image-rows.ts";
import { createBuildRows } from "./build-rows.ts";
import { createEgressRows } from "./egress-rows.ts";
import { createEventRows } from "./event-rows.ts";
import { createKeptCallRows } from "./kept-call-rows.ts";
import { createLentRows } from "./lent-rows.ts";
import { createLoginRows } from "./login-rows.ts";
import { createNamedRows } from "./named-rows.ts";
import { createQuotaRows } from "./quota-rows.ts";
import { createReceiptRows } from "./receipt-rows.ts";
import { createRunRows } from "./run-rows.ts";
import { createSampleRows } from "./sample-rows.ts";
import { createSandboxRows } from "./sandbox-rows.ts";
import { createSnapshotRows } from "./snapshot-rows.ts";
import { createTeamRows } from "./team-rows.ts";
import { createWorkRows } from "./work-rows.ts";

const ENGINES = `SELECT data ->> 'engine' AS engine FROM sandboxes
  UNION SELECT engine FROM networks
  UNION SELECT data ->> '$.lent.engine' FROM images WHERE data ->> '$.lent.engine' IS NOT NULL
  UNION SELECT engine FROM volumes
  UNION SELECT data ->> 'engine' FROM snapshots
  UNION SELECT data ->> 'engine' FROM runs WHERE status = 'running'
  UNION SELECT data ->> 'engine' FROM builds WHERE status = 'running'
  UNION SELECT data ->> 'engine' FROM exports WHERE status = 'running'`;

/**
 * The store in one SQLite file, shared by any number of processes; `:memory:` for one that lives with the process.
 * `quotas` are those of everybody but the user of this machine.
 */
export function openSqliteStore(path: string, quotas: QuotaLimits = {}): Store {
  const database = openDatabase(path);
  const { reserve, ...quotaRows } = createQuotaRows(database, quotas);
  return {
    sandboxes: createSandboxRows(database, reserve),
    quotas: quotaRows,
    teams: createTeamRows(database),
    users: createUserRows(database),
    keys: createKeyRows(database),
    logins: createLoginRows(database),
    contexts: createContextRows(database),
    images: createImageRows(database),
    lentNames: createLentRows(database),
    keptCalls: createKeptCallRows(database),
    builds: createBuildRows(database, reserve),
    exports: createWorkRows(database, { name: "exports" }),
    snapshots: createSnapshotRows(database),
    volumes: createNamedRows(database, "volumes"),
    networks: createNamedRows(database, "networks"),
    runs: createRunRows(database, reserve),
    receipts: createReceiptRows(database),
    egress: createEgressRows(database),
    samples: createSampleRows(database),
    events: createEventRows(database),
    engines: () => Promise.try(() => database.all(ENGINES).map(({ engine }) => String(engine) as EngineName)),
    [Symbol.asyncDispose]: () =>
      Promise.try(() => {
        database.close();
      }),
  };
}
