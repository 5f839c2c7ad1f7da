import { MoorageError } from "../../base/errors.ts";

export type PackageManagerName = "pip" | "npm" | "apt";

type PackageManager = {
  /** Names of images that have it. */
  readonly images: RegExp;
  /** What it takes as a package, whole. */
  readonly package: RegExp;
  readonly example: string;
  /** A script for /bin/sh that installs its arguments, as root. */
  readonly script: string;
  /** Variables of the image, for what was installed to be found. */
  readonly env: Readonly<Record<string, string>>;
};

/**
 * Node looks for modules in every directory above the program, so `/node_modules` serves `import` and `require` in the
 * workspace alike. npm itself does not work in `/`, hence the link.
 */
const NPM_DIRECTORY = "/opt/moorage/npm";

const PACKAGE_MANAGERS: Readonly<Record<PackageManagerName, PackageManager>> = {
  pip: {
    images: /python/,
    package:
      /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?:\[[A-Za-z0-9._,-]+\])?(?:(?:===?|~=|!=|<=?|>=?)[A-Za-z0-9.*+!-]+(?:,(?:===?|~=|!=|<=?|>=?)[A-Za-z0-9.*+!-]+)*)?$/,
    example: "requests or requests==2.32.0",
    script:
      'PIP_ROOT_USER_ACTION=ignore PIP_BREAK_SYSTEM_PACKAGES=1 python3 -m pip install --no-input --no-cache-dir --disable-pip-version-check -- "$@"',
    env: {},
  },
  npm: {
    images: /node/,
    package:
      /^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*(?:@(?:[a-zA-Z][a-zA-Z0-9._-]*|[~^]?[0-9][a-zA-Z0-9.+-]*))?$/,
    example: "is-odd, is-odd@3.0.1 or @scope/name@^2",
    script: `mkdir -p ${NPM_DIRECTORY} && cd ${NPM_DIRECTORY} && npm install --no-audit --no-fund --no-update-notifier --no-package-lock -- "$@" && rm -rf "$HOME/.npm" && { [ -e /node_modules ] || ln -s ${NPM_DIRECTORY}/node_modules /node_modules; }`,
    env: {
      NODE_PATH: `${NPM_DIRECTORY}/node_modules\${NODE_PATH:+:$NODE_PATH}`,
      PATH: `${NPM_DIRECTORY}/node_modules/.bin:$PATH`,
    },
  },
  apt: {
    images: /debian|ubuntu/,
    package: /^[a-z0-9][a-z0-9+.-]*[a-z0-9+](?::[a-z0-9-]+)?(?:=[A-Za-z0-9.+:~-]+)?$/,
    example: "jq or jq=1.6-2.1",
    script:
      'export DEBIAN_FRONTEND=noninteractive; apt-get update -q && apt-get install -y -q --no-install-recommends -- "$@" && rm -rf /var/lib/apt/lists/*',
    env: {},
  },
};

/** The manager that was asked for, else the one that images of this name have. INVALID_INPUT when it cannot be told. */
export function managerOf(image: string, asked: PackageManagerName | undefined): PackageManagerName {
  if (asked !== undefined) return asked;
  const name = image.replace(/@.*$/, "").split("/").at(-1) ?? image;
  const found = (["pip", "npm", "apt"] as const).find((manager) => PACKAGE_MANAGERS[manager].images.test(name));
  if (found !== undefined) return found;
  const message = `What installs packages in the image "${image}" cannot be told from its name.`;
  throw new MoorageError("INVALID_INPUT", message, { hint: "Name it with --package-manager pip, npm or apt." });
}

/** INVALID_INPUT for the first package that the manager would not take as one. */
export function checkPackages(manager: PackageManagerName, packages: readonly string[]): void {
  const rule = PACKAGE_MANAGERS[manager];
  const wrong = packages.find((name) => !rule.package.test(name));
  if (wrong === undefined) return;
  throw new MoorageError("INVALID_INPUT", `"${wrong}" is no package for ${manager}; expected ${rule.example}.`, {
    hint: "Packages are named, not addressed: no URLs, paths or options. Put what no registry has into an image.",
  });
}

/** How the packages become a layer on an image: arguments go to the installer as they are, never through a shell. */
export function installDockerfile(
  base: { readonly reference: string; readonly user: string },
  manager: PackageManagerName,
  packages: readonly string[],
): string {
  const { script, env } = PACKAGE_MANAGERS[manager];
  return [
    `FROM ${base.reference}`,
    "USER 0",
    `RUN ${JSON.stringify(["/bin/sh", "-c", script, "install", ...packages])}`,
    ...Object.entries(env).map(([name, value]) => `ENV ${name}=${value}`),
    `USER ${base.user === "" ? "0" : base.user}`,
    "",
  ].join("\n");
}
