import { parseIgnoreFile } from "./ignore-file.ts";

/**
 * Keys and passwords; an image would carry them wherever it goes. `.yarnrc.yml` is not one of them: it can hold a token,
 * but says how a project is installed too (`nodeLinker`, `yarnPath`), without which its build makes something else.
 */
const SECRETS = [
  ".env",
  ".env.*",
  "*.env",
  "!.env.example",
  "!.env.sample",
  "!.env.template",
  "!example.env",
  "!sample.env",
  "!template.env",
  "*.pem",
  "*.key",
  "*.p12",
  "*.pfx",
  "*.jks",
  "*.keystore",
  "id_rsa*",
  "id_dsa*",
  "id_ecdsa*",
  "id_ed25519*",
  "!id_rsa*.pub",
  "!id_dsa*.pub",
  "!id_ecdsa*.pub",
  "!id_ed25519*.pub",
  ".ssh",
  ".gnupg",
  "secring.gpg",
  ".aws",
  ".azure",
  ".config/gcloud",
  ".docker",
  ".kube",
  ".netrc",
  ".npmrc",
  ".pypirc",
  ".git-credentials",
  ".htpasswd",
  ".terraformrc",
  "terraform.tfstate*",
  "credentials.json",
  "service-account*.json",
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

/** Left out at any depth unless a line with `!` of a `.dockerignore` names it. */
export const DEFAULT_IGNORES: readonly string[] = [...SECRETS, ...REPRODUCED];

const anywhere = (name: string): string => (name.startsWith("!") ? `!**/${name.slice(1)}` : `**/${name}`);

export const defaultIgnoreLines = parseIgnoreFile("the defaults", DEFAULT_IGNORES.map(anywhere).join("\n"));
