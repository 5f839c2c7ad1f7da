import { parseIgnoreFile } from "./ignore-file.ts";

/** Keys and passwords; an image would carry them wherever it goes. */
const SECRETS = [
  ".env",
  ".env.*",
  "!.env.example",
  "!.env.sample",
  "!.env.template",
  "*.pem",
  "*.key",
  "*.p12",
  "*.pfx",
  "id_rsa*",
  "id_dsa*",
  "id_ecdsa*",
  "id_ed25519*",
  "!id_*.pub",
  ".ssh",
  ".gnupg",
  ".aws",
  ".azure",
  ".config/gcloud",
  ".docker",
  ".kube",
  ".netrc",
  ".npmrc",
  ".pypirc",
  ".git-credentials",
];

/** What each machine makes for itself. */
const REPRODUCED = [
  ".git",
  ".hg",
  ".svn",
  "node_modules",
  ".venv",
  "__pycache__",
  "*.pyc",
  ".pytest_cache",
  ".mypy_cache",
  ".ruff_cache",
  ".tox",
  ".cache",
  ".DS_Store",
];

/** Left out at any depth unless a `.dockerignore` keeps it by a line with `!`. */
export const DEFAULT_IGNORES: readonly string[] = [...SECRETS, ...REPRODUCED];

const anywhere = (name: string): string => (name.startsWith("!") ? `!**/${name.slice(1)}` : `**/${name}`);

export const defaultIgnoreLines = parseIgnoreFile("the defaults", DEFAULT_IGNORES.map(anywhere).join("\n"));
