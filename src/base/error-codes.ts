/** Whose move it is: the caller's, the engine's, or ours. */
export type Fault = "caller" | "engine" | "moorage";

export type ErrorRow = {
  /** HTTP status. */
  readonly status: number;
  /** Exit code of commands other than `run`, `agent run` and `sandbox exec`, which answer every error with 125. */
  readonly exit: 1 | 2;
  /** True when the same call may succeed later without a change. */
  readonly retry: boolean;
  readonly fault: Fault;
  /** The next action, used when the thrower knows nothing more specific. */
  readonly hint: string;
};

/** Every error that Moorage tells. A code, once released, is never renamed or reused. */
export const ERROR_CODES = {
  INVALID_INPUT: {
    status: 400,
    exit: 2,
    retry: false,
    fault: "caller",
    hint: "Correct the value named in the message; `--help` shows what each option takes.",
  },
  LIMIT_EXCEEDED: {
    status: 422,
    exit: 2,
    retry: false,
    fault: "caller",
    hint: "Ask for less, or have an administrator raise the maximum in moorage.config.json.",
  },
  UNAUTHENTICATED: {
    status: 401,
    exit: 1,
    retry: false,
    fault: "caller",
    hint: "Send a key as `authorization: Bearer KEY`, or set MOORAGE_KEY; `moorage key create` makes one.",
  },
  FORBIDDEN: {
    status: 403,
    exit: 1,
    retry: false,
    fault: "caller",
    hint: "Use a key with the right that the message names; an administrator can make one with `moorage key create`.",
  },
  PATH_NOT_ALLOWED: {
    status: 400,
    exit: 2,
    retry: false,
    fault: "caller",
    hint: "Name a path inside the workspace, without `..`; relative paths start at /workspace.",
  },
  WORKSPACE_NOT_FOUND: {
    status: 400,
    exit: 2,
    retry: false,
    fault: "caller",
    hint: "Create the directory first, or name an existing one.",
  },
  WORKSPACE_NOT_ALLOWED: {
    status: 403,
    exit: 2,
    retry: false,
    fault: "caller",
    hint: "Use a directory below an allowed root, or allow its parent with MOORAGE_WORKSPACE_ROOTS.",
  },
  NOT_FOUND: {
    status: 404,
    exit: 1,
    retry: false,
    fault: "caller",
    hint: "List what you own with `moorage sandbox ls`.",
  },
  FILE_NOT_FOUND: {
    status: 404,
    exit: 1,
    retry: false,
    fault: "caller",
    hint: "List the directory with `moorage file ls`.",
  },
  FILE_TOO_LARGE: {
    status: 413,
    exit: 1,
    retry: false,
    fault: "caller",
    hint: "Copy large files with `moorage sandbox cp`, which streams them.",
  },
  RANGE_NOT_SATISFIABLE: {
    status: 416,
    exit: 2,
    retry: false,
    fault: "caller",
    hint: "Ask for a range that begins inside the file; `moorage file stat` tells its size.",
  },
  TEXT_NOT_FOUND: {
    status: 422,
    exit: 1,
    retry: false,
    fault: "caller",
    hint: "Read the file again: the text must be the same to the last space and line break.",
  },
  TEXT_AMBIGUOUS: {
    status: 422,
    exit: 1,
    retry: false,
    fault: "caller",
    hint: "Give more of the text around it, so that it occurs once, or replace all of them.",
  },
  DISK_FULL: {
    status: 507,
    exit: 1,
    retry: true,
    fault: "engine",
    hint: "Free space on the engine's host, or remove files of the sandbox.",
  },
  IMAGE_NOT_FOUND: {
    status: 404,
    exit: 1,
    retry: false,
    fault: "caller",
    hint: "Check the spelling and the tag; private registries need a login on this host.",
  },
  IMAGE_UNAVAILABLE: {
    status: 503,
    exit: 1,
    retry: true,
    fault: "engine",
    hint: "The registry did not answer: check the network, or use an image that is on this machine already.",
  },
  REGISTRY_DENIED: {
    status: 403,
    exit: 1,
    retry: false,
    fault: "caller",
    hint: "Check the user, the password or token, and what they may do there; docs/registries.md tells where they are looked for.",
  },
  REGISTRY_UNTRUSTED: {
    status: 502,
    exit: 1,
    retry: false,
    fault: "engine",
    hint: "Give the registry's CA to the engine, as docs/registries.md shows.",
  },
  DIGEST_MISMATCH: {
    status: 502,
    exit: 1,
    retry: true,
    fault: "engine",
    hint: "Somebody else may have pushed to the same tag: push again, or to a tag of your own.",
  },
  CREDENTIALS_UNUSABLE: {
    status: 500,
    exit: 1,
    retry: false,
    fault: "moorage",
    hint: "Mend what the message names; docs/registries.md tells where credentials are looked for.",
  },
  IMAGE_BUILD_REFUSED: {
    status: 422,
    exit: 1,
    retry: false,
    fault: "caller",
    hint: "Change the lines that `moorage image check` names; docs/images.md has a table of the rules.",
  },
  IMAGE_BUILD_FAILED: {
    status: 422,
    exit: 1,
    retry: false,
    fault: "caller",
    hint: "Read the build log named in the message.",
  },
  REPOSITORY_NOT_FOUND: {
    status: 404,
    exit: 1,
    retry: false,
    fault: "caller",
    hint: "Check the URL and the ref; a private repository needs credentials in the URL.",
  },
  REPOSITORY_UNAVAILABLE: {
    status: 503,
    exit: 1,
    retry: true,
    fault: "engine",
    hint: "The repository's server did not answer: check the network, or stage the files by a directory or an archive.",
  },
  IMAGE_ARCHIVE_INVALID: {
    status: 422,
    exit: 1,
    retry: false,
    fault: "caller",
    hint: "Make the archive again with `moorage image export REF --to FILE`, `docker save` or `skopeo copy`, of one image for one platform.",
  },
  BUILD_TIMED_OUT: {
    status: 422,
    exit: 1,
    retry: false,
    fault: "caller",
    hint: "Give it more time with --timeout, or look for a step that waits for ever.",
  },
  SANDBOX_NOT_READY: {
    status: 422,
    exit: 1,
    retry: false,
    fault: "caller",
    hint: "Its last output is in the message; check the readiness, or give it more time with --ready-timeout.",
  },
  DEPENDENCY_FAILED: {
    status: 422,
    exit: 1,
    retry: false,
    fault: "caller",
    hint: "Check the spelling and the version; the installer's own words are in the message.",
  },
  CONFLICT: {
    status: 409,
    exit: 1,
    retry: false,
    fault: "caller",
    hint: "Choose another name, or remove what holds it.",
  },
  SANDBOX_NOT_RUNNING: {
    status: 409,
    exit: 1,
    retry: false,
    fault: "caller",
    hint: "See its state and reason with `moorage sandbox get`; create a new one if it is gone.",
  },
  START_FAILED: {
    status: 422,
    exit: 1,
    retry: false,
    fault: "caller",
    hint: "Check the command and that the image contains /bin/sh.",
  },
  ENGINE_NOT_INSTALLED: {
    status: 503,
    exit: 1,
    retry: false,
    fault: "engine",
    hint: "Run `moorage doctor`: it names the packages for this system.",
  },
  ENGINE_UNREACHABLE: {
    status: 503,
    exit: 1,
    retry: true,
    fault: "engine",
    hint: "Start the engine, then run `moorage doctor`.",
  },
  ENGINE_PERMISSION: {
    status: 503,
    exit: 1,
    retry: false,
    fault: "engine",
    hint: "Run `moorage doctor`: it tells how to get access to the engine's socket.",
  },
  ENGINE_UNSUPPORTED: {
    status: 501,
    exit: 1,
    retry: false,
    fault: "caller",
    hint: "Choose another engine with --engine, or leave out what this one cannot do.",
  },
  ENGINE_FAILED: {
    status: 502,
    exit: 1,
    retry: true,
    fault: "engine",
    hint: "Run `moorage doctor` and read the engine's own log.",
  },
  ENGINE_TIMEOUT: {
    status: 504,
    exit: 1,
    retry: true,
    fault: "engine",
    hint: "The engine is overloaded or hangs: run `moorage doctor`.",
  },
  SERVER_UNREACHABLE: {
    status: 503,
    exit: 1,
    retry: true,
    fault: "moorage",
    hint: "Start it with `moorage serve`, or check MOORAGE_URL.",
  },
  CANCELED: {
    status: 499,
    exit: 1,
    retry: false,
    fault: "caller",
    hint: "The caller ended the operation, and with it what it had begun; what others began goes on.",
  },
  STATE_UNUSABLE: {
    status: 500,
    exit: 1,
    retry: false,
    fault: "moorage",
    hint: "Check that MOORAGE_HOME is writable, belongs to you, and is not from a newer version.",
  },
  INSTALLATION_INCOMPLETE: {
    status: 500,
    exit: 1,
    retry: false,
    fault: "moorage",
    hint: "In a clone run `npm ci`, then try again; elsewhere install Moorage anew.",
  },
  INTERNAL: {
    status: 500,
    exit: 1,
    retry: false,
    fault: "moorage",
    hint: "This is a defect of Moorage: please report it with the request id.",
  },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof ERROR_CODES;
