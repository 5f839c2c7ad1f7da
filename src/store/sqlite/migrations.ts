/**
 * Forward only: the database's `user_version` counts how many of these were applied. No step is ever changed, for a
 * database that had it before would be refused; a change of the schema, or of what rows hold as JSON, is a new step at
 * the end.
 */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE sandboxes (
     id TEXT PRIMARY KEY,
     owner TEXT NOT NULL,
     name TEXT,
     conversation_id TEXT UNIQUE,
     created_at TEXT NOT NULL,
     data TEXT NOT NULL,
     UNIQUE (owner, name)
   ) STRICT;
   CREATE INDEX sandboxes_by_owner ON sandboxes (owner, created_at DESC, id DESC, data ->> 'state');
   CREATE INDEX sandboxes_by_state
     ON sandboxes (data ->> 'state', data ->> 'engine', id, data ->> 'revision', data ->> '$.pending.id');
   CREATE INDEX sandboxes_at_rest ON sandboxes (data ->> 'stateSince') WHERE data ->> 'state' IN ('paused', 'stopped');
   CREATE INDEX sandboxes_ending ON sandboxes (data ->> 'expiresAt') WHERE data ->> 'expiresAt' IS NOT NULL;
   CREATE INDEX sandboxes_changing ON sandboxes (id) WHERE data ->> '$.pending.id' IS NOT NULL;
   CREATE INDEX sandboxes_in_volumes ON sandboxes (data ->> '$.volume.id') WHERE data ->> '$.volume.id' IS NOT NULL;
   CREATE INDEX sandboxes_of_snapshots ON sandboxes (data ->> '$.snapshot.id') WHERE data ->> '$.snapshot.id' IS NOT NULL;
   CREATE INDEX sandboxes_on_bases ON sandboxes (data ->> '$.base.id') WHERE data ->> '$.base.id' IS NOT NULL;
   CREATE TABLE host_ports (
     port INTEGER NOT NULL,
     protocol TEXT NOT NULL,
     sandbox_id TEXT NOT NULL REFERENCES sandboxes (id) ON DELETE CASCADE,
     PRIMARY KEY (port, protocol)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX host_ports_by_sandbox ON host_ports (sandbox_id);
   CREATE TABLE volumes (
     id TEXT PRIMARY KEY,
     owner TEXT NOT NULL,
     name TEXT NOT NULL,
     engine TEXT NOT NULL,
     created_at TEXT NOT NULL,
     UNIQUE (owner, name)
   ) STRICT;
   CREATE TABLE snapshots (
     id TEXT PRIMARY KEY,
     owner TEXT NOT NULL,
     name TEXT,
     created_at TEXT NOT NULL,
     data TEXT NOT NULL,
     UNIQUE (owner, name)
   ) STRICT;
   CREATE INDEX snapshots_by_owner ON snapshots (owner, created_at DESC, id DESC);
   CREATE INDEX snapshots_leftover ON snapshots (id) WHERE data ->> 'state' <> 'ready' OR data ->> 'transient';
   CREATE TABLE networks (
     id TEXT PRIMARY KEY,
     owner TEXT NOT NULL,
     name TEXT NOT NULL,
     engine TEXT NOT NULL,
     created_at TEXT NOT NULL,
     removing INTEGER NOT NULL DEFAULT 0,
     UNIQUE (owner, name)
   ) STRICT;
   CREATE TABLE images (reference TEXT PRIMARY KEY, used_at TEXT NOT NULL, data TEXT NOT NULL) STRICT;
   CREATE INDEX sandboxes_pooled ON sandboxes (data ->> 'poolKey', created_at, id)
     WHERE data ->> 'poolKey' IS NOT NULL;
   CREATE INDEX sandboxes_behind_proxy ON sandboxes (data ->> 'engine') WHERE substr(data ->> 'network', 1, 6) = 'allow:';
   CREATE INDEX sandboxes_in_directories ON sandboxes (id) WHERE data ->> '$.directory.path' IS NOT NULL;
   CREATE TABLE runs (
     id TEXT PRIMARY KEY,
     owner TEXT NOT NULL,
     sandbox_id TEXT NOT NULL,
     kind TEXT NOT NULL,
     agent_id TEXT,
     status TEXT NOT NULL,
     holder TEXT NOT NULL,
     handle TEXT,
     started_ms REAL,
     created_at TEXT NOT NULL,
     ended_at REAL,
     data TEXT NOT NULL,
     stdout BLOB NOT NULL,
     stderr BLOB NOT NULL
   ) STRICT;
   CREATE INDEX runs_by_sandbox ON runs (owner, sandbox_id, created_at DESC, id DESC);
   CREATE INDEX runs_by_owner ON runs (owner, created_at DESC, id DESC);
   CREATE INDEX runs_open ON runs (status) WHERE status = 'running';
   CREATE INDEX runs_ended ON runs (ended_at, id) WHERE ended_at IS NOT NULL;
   CREATE TABLE receipts (
     sequence INTEGER PRIMARY KEY,
     id TEXT NOT NULL UNIQUE,
     owner TEXT NOT NULL,
     text TEXT NOT NULL,
     hash TEXT NOT NULL,
     signature TEXT NOT NULL
   ) STRICT;
   CREATE INDEX receipts_by_owner ON receipts (owner, sequence DESC);
   CREATE TABLE egress (
     sequence INTEGER PRIMARY KEY AUTOINCREMENT,
     owner TEXT NOT NULL,
     sandbox_id TEXT NOT NULL,
     at TEXT NOT NULL,
     host TEXT NOT NULL,
     port INTEGER NOT NULL,
     allowed INTEGER NOT NULL,
     reason TEXT
   ) STRICT;
   CREATE INDEX egress_by_sandbox ON egress (sandbox_id, sequence DESC);
   CREATE TABLE samples (
     sandbox_id TEXT NOT NULL,
     at INTEGER NOT NULL,
     memory_bytes INTEGER,
     cpu_ms INTEGER,
     pids INTEGER,
     received_bytes INTEGER,
     sent_bytes INTEGER,
     PRIMARY KEY (sandbox_id, at)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE receipt_head (only INTEGER PRIMARY KEY CHECK (only = 1), head TEXT NOT NULL) STRICT;`,
  `ALTER TABLE volumes ADD COLUMN removing INTEGER NOT NULL DEFAULT 0;`,
  `CREATE TABLE contexts (
     id TEXT PRIMARY KEY,
     owner TEXT NOT NULL,
     created_at TEXT NOT NULL,
     expires_at TEXT NOT NULL,
     summary TEXT NOT NULL,
     dockerfile TEXT NOT NULL
   ) STRICT;
   CREATE INDEX contexts_by_owner ON contexts (owner, created_at DESC, id DESC);
   CREATE INDEX contexts_ending ON contexts (expires_at);`,
  `CREATE TABLE builds (
     id TEXT PRIMARY KEY,
     owner TEXT NOT NULL,
     tag TEXT NOT NULL,
     status TEXT NOT NULL,
     holder TEXT NOT NULL,
     created_at TEXT NOT NULL,
     ended_at REAL,
     data TEXT NOT NULL
   ) STRICT;
   CREATE INDEX builds_by_owner ON builds (owner, created_at DESC, id DESC);
   CREATE INDEX builds_by_tag ON builds (owner, tag, created_at DESC);
   CREATE INDEX builds_open ON builds (status) WHERE status = 'running';
   CREATE INDEX images_by_owner ON images (data ->> 'owner', data ->> 'createdAt' DESC, reference DESC);
   CREATE INDEX builds_with_cache ON builds (data ->> 'engine', created_at) WHERE json_array_length(data, '$.cache') > 0;`,
  `CREATE TABLE exports (
     id TEXT PRIMARY KEY,
     owner TEXT NOT NULL,
     status TEXT NOT NULL,
     holder TEXT NOT NULL,
     created_at TEXT NOT NULL,
     ended_at REAL,
     data TEXT NOT NULL
   ) STRICT;
   CREATE INDEX exports_by_owner ON exports (owner, created_at DESC, id DESC);
   CREATE INDEX exports_open ON exports (status) WHERE status = 'running';`,
  `DROP INDEX builds_by_tag;
   ALTER TABLE builds DROP COLUMN tag;
   CREATE INDEX builds_by_tag ON builds (owner, data ->> 'tag', created_at DESC);
   CREATE INDEX builds_ended ON builds (ended_at, id) WHERE ended_at IS NOT NULL;
   CREATE INDEX exports_ended ON exports (ended_at, id) WHERE ended_at IS NOT NULL;`,
  `CREATE TABLE users (name TEXT NOT NULL UNIQUE, data TEXT NOT NULL) STRICT;
   CREATE TABLE keys (
     id TEXT PRIMARY KEY,
     user TEXT NOT NULL,
     hash TEXT NOT NULL,
     created_at TEXT NOT NULL,
     revoked_at TEXT,
     last_used_at TEXT,
     data TEXT NOT NULL
   ) STRICT;
   CREATE INDEX keys_by_user ON keys (user, created_at DESC, id DESC);`,
  `ALTER TABLE receipts ADD COLUMN change INTEGER NOT NULL DEFAULT 0;
   DROP INDEX receipts_by_owner;
   CREATE INDEX receipts_by_owner ON receipts (owner, change, sequence DESC);`,
  `CREATE TABLE lent_names (
     engine TEXT NOT NULL,
     reference TEXT NOT NULL,
     holder TEXT NOT NULL,
     data TEXT NOT NULL,
     UNIQUE (engine, reference)
   ) STRICT;`,
  // What happens is told by the writers of it themselves, whichever process they are in; the latest 10,000 are kept.
  `CREATE TABLE events (
     sequence INTEGER PRIMARY KEY AUTOINCREMENT,
     time TEXT NOT NULL,
     type TEXT NOT NULL,
     owner TEXT NOT NULL,
     kind TEXT NOT NULL,
     subject TEXT NOT NULL,
     name TEXT,
     facts TEXT NOT NULL
   ) STRICT;
   CREATE TRIGGER events_kept AFTER INSERT ON events WHEN NEW.sequence % 256 = 0 BEGIN
     DELETE FROM events WHERE sequence <= NEW.sequence - 10000;
   END;
   CREATE TRIGGER event_sandbox_created AFTER INSERT ON sandboxes
   WHEN NEW.data ->> 'poolKey' IS NULL BEGIN
     INSERT INTO events (time, type, owner, kind, subject, name, facts)
     SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 'sandbox.created', NEW.owner, 'sandbox', NEW.id, NEW.name, json_object('image', NEW.data ->> 'image');
   END;
   CREATE TRIGGER event_sandbox_claimed AFTER UPDATE OF data ON sandboxes
   WHEN OLD.data ->> 'state' = 'pool' AND NEW.data ->> 'state' <> 'pool' BEGIN
     INSERT INTO events (time, type, owner, kind, subject, name, facts)
     SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 'sandbox.created', NEW.owner, 'sandbox', NEW.id, NEW.name, json_object('image', NEW.data ->> 'image')
     UNION ALL
     SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 'sandbox.started', NEW.owner, 'sandbox', NEW.id, NEW.name, json_object('from', 'pool');
   END;
   CREATE TRIGGER event_sandbox_changed AFTER UPDATE OF data ON sandboxes
   WHEN OLD.data ->> 'state' <> NEW.data ->> 'state' AND OLD.data ->> 'state' <> 'pool' AND NEW.data ->> 'state' <> 'pool' BEGIN
     INSERT INTO events (time, type, owner, kind, subject, name, facts)
     SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), CASE NEW.data ->> 'state' WHEN 'running' THEN iif(OLD.data ->> 'state' = 'paused', 'sandbox.resumed', 'sandbox.started')
       WHEN 'error' THEN 'sandbox.failed' ELSE 'sandbox.' || (NEW.data ->> 'state') END, NEW.owner, 'sandbox', NEW.id, NEW.name, json_object('from', OLD.data ->> 'state', 'by', NEW.data ->> 'pausedBy');
   END;
   CREATE TRIGGER event_sandbox_removed AFTER DELETE ON sandboxes
   WHEN OLD.data ->> 'poolKey' IS NULL BEGIN
     INSERT INTO events (time, type, owner, kind, subject, name, facts)
     SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), iif(OLD.data ->> 'state' = 'starting' AND OLD.data ->> '$.pending.by' = 'engine', 'sandbox.failed', 'sandbox.removed'), OLD.owner, 'sandbox', OLD.id, OLD.name, json_object('from', OLD.data ->> 'state', 'by', OLD.data ->> '$.pending.by');
   END;
   CREATE TRIGGER event_run_started AFTER INSERT ON runs BEGIN
     INSERT INTO events (time, type, owner, kind, subject, name, facts)
     SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 'run.started', NEW.owner, 'run', NEW.id, NULL, json_object('kind', NEW.kind, 'sandboxId', NEW.sandbox_id);
   END;
   CREATE TRIGGER event_run_finished AFTER UPDATE OF status ON runs
   WHEN OLD.status = 'running' AND NEW.status <> 'running' BEGIN
     INSERT INTO events (time, type, owner, kind, subject, name, facts)
     SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 'run.finished', NEW.owner, 'run', NEW.id, NULL, json_object('kind', NEW.kind, 'sandboxId', NEW.sandbox_id, 'status', NEW.status,
       'exitCode', NEW.data ->> 'exitCode', 'durationMs', NEW.data ->> 'durationMs');
   END;
   CREATE TRIGGER event_build_started AFTER INSERT ON builds BEGIN
     INSERT INTO events (time, type, owner, kind, subject, name, facts)
     SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 'build.started', NEW.owner, 'build', NEW.id, NEW.data ->> 'tag', json_object();
   END;
   CREATE TRIGGER event_build_finished AFTER UPDATE OF status ON builds
   WHEN OLD.status = 'running' AND NEW.status <> 'running' BEGIN
     INSERT INTO events (time, type, owner, kind, subject, name, facts)
     SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 'build.finished', NEW.owner, 'build', NEW.id, NEW.data ->> 'tag', json_object('status', NEW.status, 'code', NEW.data ->> '$.failure.code',
       'durationMs', NEW.data ->> 'durationMs');
   END;
   CREATE TRIGGER event_export_started AFTER INSERT ON exports BEGIN
     INSERT INTO events (time, type, owner, kind, subject, name, facts)
     SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 'export.started', NEW.owner, 'export', NEW.id, NEW.data ->> 'reference', json_object('service', NEW.data ->> 'service');
   END;
   CREATE TRIGGER event_export_finished AFTER UPDATE OF status ON exports
   WHEN OLD.status = 'running' AND NEW.status <> 'running' BEGIN
     INSERT INTO events (time, type, owner, kind, subject, name, facts)
     SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 'export.finished', NEW.owner, 'export', NEW.id, NEW.data ->> 'reference', json_object('service', NEW.data ->> 'service', 'status', NEW.status,
       'durationMs', NEW.data ->> 'durationMs');
   END;
   CREATE TRIGGER event_image_created AFTER INSERT ON images
   WHEN NEW.data ->> 'owner' IS NOT NULL BEGIN
     INSERT INTO events (time, type, owner, kind, subject, name, facts)
     SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 'image.created', NEW.data ->> 'owner', 'image', NEW.reference, NEW.reference, json_object('kind', NEW.data ->> 'kind');
   END;
   CREATE TRIGGER event_image_removed AFTER DELETE ON images
   WHEN OLD.data ->> 'owner' IS NOT NULL BEGIN
     INSERT INTO events (time, type, owner, kind, subject, name, facts)
     SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 'image.removed', OLD.data ->> 'owner', 'image', OLD.reference, OLD.reference, json_object('kind', OLD.data ->> 'kind');
   END;
   CREATE TRIGGER event_image_transferred AFTER INSERT ON receipts
   WHEN NEW.change = 1 AND NEW.text ->> 'change' IN ('image.pull', 'image.push') AND NEW.text ->> 'outcome' = 'done' BEGIN
     INSERT INTO events (time, type, owner, kind, subject, name, facts)
     SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), iif(NEW.text ->> 'change' = 'image.pull', 'image.pulled', 'image.pushed'), NEW.owner, 'image', NEW.text ->> '$.subject.reference', NEW.text ->> '$.subject.reference', json_object();
   END;
   CREATE TRIGGER event_volume_created AFTER INSERT ON volumes BEGIN
     INSERT INTO events (time, type, owner, kind, subject, name, facts)
     SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 'volume.created', NEW.owner, 'volume', NEW.id, NEW.name, json_object();
   END;
   CREATE TRIGGER event_volume_removed AFTER DELETE ON volumes BEGIN
     INSERT INTO events (time, type, owner, kind, subject, name, facts)
     SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 'volume.removed', OLD.owner, 'volume', OLD.id, OLD.name, json_object();
   END;
   CREATE TRIGGER event_network_created AFTER INSERT ON networks BEGIN
     INSERT INTO events (time, type, owner, kind, subject, name, facts)
     SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 'network.created', NEW.owner, 'network', NEW.id, NEW.name, json_object();
   END;
   CREATE TRIGGER event_network_removed AFTER DELETE ON networks BEGIN
     INSERT INTO events (time, type, owner, kind, subject, name, facts)
     SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 'network.removed', OLD.owner, 'network', OLD.id, OLD.name, json_object();
   END;
   CREATE TRIGGER event_snapshot_created AFTER UPDATE OF data ON snapshots
   WHEN OLD.data ->> 'state' = 'taking' AND NEW.data ->> 'state' = 'ready' AND NOT NEW.data ->> 'transient' BEGIN
     INSERT INTO events (time, type, owner, kind, subject, name, facts)
     SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 'snapshot.created', NEW.owner, 'snapshot', NEW.id, NEW.name, json_object('sandboxId', NEW.data ->> 'sandboxId');
   END;
   CREATE TRIGGER event_snapshot_removed AFTER DELETE ON snapshots
   WHEN OLD.data ->> 'reference' <> '' AND NOT OLD.data ->> 'transient' BEGIN
     INSERT INTO events (time, type, owner, kind, subject, name, facts)
     SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 'snapshot.removed', OLD.owner, 'snapshot', OLD.id, OLD.name, json_object('sandboxId', OLD.data ->> 'sandboxId');
   END;
   CREATE TRIGGER event_key_created AFTER INSERT ON keys BEGIN
     INSERT INTO events (time, type, owner, kind, subject, name, facts)
     SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 'key.created', NEW.user, 'key', NEW.id, NEW.data ->> 'name', json_object('agent', iif(NEW.data ->> 'agent', NEW.data ->> 'owner', NULL));
   END;
   CREATE TRIGGER event_key_revoked AFTER UPDATE OF revoked_at ON keys
   WHEN OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL BEGIN
     INSERT INTO events (time, type, owner, kind, subject, name, facts)
     SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 'key.revoked', NEW.user, 'key', NEW.id, NEW.data ->> 'name', json_object('agent', iif(NEW.data ->> 'agent', NEW.data ->> 'owner', NULL));
   END;
   CREATE TRIGGER event_user_created AFTER INSERT ON users BEGIN
     INSERT INTO events (time, type, owner, kind, subject, name, facts)
     SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 'user.created', NEW.name, 'user', NEW.name, NEW.name, json_object('role', NEW.data ->> 'role', 'disabled', json(iif(NEW.data ->> 'disabledAt' IS NULL, 'false', 'true')));
   END;
   CREATE TRIGGER event_user_updated AFTER UPDATE OF data ON users
   WHEN OLD.data ->> 'role' <> NEW.data ->> 'role' OR OLD.data ->> 'disabledAt' IS NOT NEW.data ->> 'disabledAt' BEGIN
     INSERT INTO events (time, type, owner, kind, subject, name, facts)
     SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 'user.updated', NEW.name, 'user', NEW.name, NEW.name, json_object('role', NEW.data ->> 'role', 'disabled', json(iif(NEW.data ->> 'disabledAt' IS NULL, 'false', 'true')));
   END;`,
  `CREATE TABLE kept_calls (
     owner TEXT NOT NULL,
     key TEXT NOT NULL,
     fingerprint TEXT NOT NULL,
     holder TEXT,
     begun_at TEXT NOT NULL,
     answer TEXT,
     PRIMARY KEY (owner, key)
   ) STRICT;
   CREATE INDEX kept_calls_of_owner ON kept_calls (owner, begun_at DESC);
   CREATE INDEX kept_calls_ending ON kept_calls (begun_at);`,
  `CREATE TABLE logins (
     id TEXT PRIMARY KEY,
     hash TEXT NOT NULL UNIQUE,
     user TEXT NOT NULL,
     created_at TEXT NOT NULL,
     expires_at TEXT NOT NULL,
     last_used_at TEXT NOT NULL,
     vouched_until TEXT,
     data TEXT NOT NULL
   ) STRICT;
   CREATE INDEX logins_by_user ON logins (user, created_at DESC, id DESC);
   CREATE INDEX logins_by_expiry ON logins (expires_at);`,
  `ALTER TABLE keys ADD COLUMN made_by TEXT;
   CREATE INDEX keys_by_maker ON keys (made_by) WHERE made_by IS NOT NULL;`,
  `CREATE TABLE quotas (user TEXT PRIMARY KEY, data TEXT NOT NULL) STRICT;`,
  `CREATE TABLE teams (name TEXT NOT NULL UNIQUE, data TEXT NOT NULL, dissolved INTEGER NOT NULL DEFAULT 0) STRICT;
   CREATE TRIGGER event_team_created AFTER INSERT ON teams BEGIN
     INSERT INTO events (time, type, owner, kind, subject, name, facts)
     SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), 'team.created', NEW.name, 'team', NEW.name, NEW.name, json_object();
   END;
   CREATE TRIGGER event_team_updated AFTER UPDATE ON teams BEGIN
     INSERT INTO events (time, type, owner, kind, subject, name, facts)
     SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), iif(NEW.dissolved = 1, 'team.dissolved', 'team.updated'), NEW.name, 'team', NEW.name, NEW.name, json_object();
   END;`,
];

/** SHA-256 of the schema that each step leaves, as `database.ts` reads it; `details` of its refusal has that of a new step. */
export const SCHEMAS: readonly string[] = [
  "c79fe6b9aa81fa69b67d555e6d97185d1a23c45a54f9b5e29f1834da43e543ed",
  "a230ed2d5d660c1537270badff611f7a67b4a0cb6827244a070c1e4f20ecb3ad",
  "1dd194ebba11c5dc70da59cf7d3ab0109dc8cdc3c55b59e0014963a3aa227f4d",
  "1c16f08a9167b0feee7827b9213a3a4178d406b31f87c6f23264001bc2712388",
  "c530a69978df0ce38c42d58ad3f5cfc831331e2d1e8423bab7bd571cdd0b1135",
  "a28b49038f951fc51f58d58d1ada65d07647ccc285a91495ec3d26e14ba31e1f",
  "94c8b75339fdbd9e5e57eb76343365910e22b80c3f1db845768b57f84c3ed6ef",
  "8c860ae59ec87fb51a5ba9c6e63f93d5addb9eacb5027a2d1a54dffb1ea2eb55",
  "b23e69bb8a94ccf6d7dc33eeb4eca74f62c6e3928f5e2a79b99fc7246089a464",
  "d2b0fa9f26b06cc2c5f1cf78944013bb211f1aaa9806fb7e55923105f98b458e",
  "df05f5e456741abed0f1bd55f45a5bb15b1003fc54231e9ce78f93628ed6d209",
  "9c1227b0587ac4867b90ed5d4fa3a9c3d5918838adba0b9a91b1c02db0e8b466",
  "387252126516507dcec5708bbfadfdf4c91d675b9de947a0392b1077734a18b2",
  "7586ae96fef0ad20ebae6dcc6f94c17d6672bc0bcc8648fec8f25432717bed21",
  "0b9f757273c8e9e0685ff606c4b1a4f31c67f1f7a406f5968ec53c1fb37b0dfb",
];

/** The statements of a step: a trigger is one, which ends with END. */
export function statementsOf(step: string): readonly string[] {
  return step.split(/;(?!\s*END\b)/).filter((statement) => statement.trim() !== "");
}
