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
];
