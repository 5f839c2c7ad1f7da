import { type Assignment, assignments } from "./assignments.ts";
import { shown, type Found, type Rule } from "./found.ts";

const WORDS =
  "PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIALS?|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|SECRET_?KEY|ENCRYPTION_?KEY|SIGNING_?KEY|AUTH_?KEY";
const SECRET = new RegExp(`(?:^|_)(?:${WORDS})(?:_|$)|(?:${WORDS})$|_PASS$|_PWD$`);
/** What is told about a secret, and not the secret. */
const ABOUT =
  /PUBLIC|_(?:FILE|PATH|DIR|URL|URI|NAME|HEADER|TTL|EXPIRY|EXPIRES(?:_IN)?|LENGTH|SIZE|TYPE|ALGORITHM|ENDPOINT|ISSUER|COUNT|LIMIT)$/;
const CHOICE = /^(?:true|false|yes|no|on|off|none|null|[01])$/i;

// Each begins where a word does, so that no text is looked through more than once.
const KEYS: readonly (readonly [what: string, pattern: RegExp])[] = [
  ["a key of AWS", /(?<![\w-])(?:AKIA|ASIA)[A-Z0-9]{16}(?!\w)/],
  ["a token of GitHub", /(?<![\w-])(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,})/],
  ["a token of GitLab", /(?<![\w-])glpat-[\w-]{20,}/],
  ["a token of Slack", /(?<![\w-])xox[a-z]-[\w-]{10,}/],
  ["a token of npm", /(?<![\w-])npm_[A-Za-z0-9]{36}/],
  ["a token of PyPI", /(?<![\w-])pypi-[\w-]{50,}/],
  ["a key of Google", /(?<![\w-])AIza[\w-]{35}/],
  ["a secret key", /(?<![\w-])(?:sk-[\w-]{20,}|[rs]k_live_[A-Za-z0-9]{16,})/],
  ["a private key", /-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY/],
  ["a signed token (JWT)", /(?<![\w-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/],
];

/** Secrets that stay in the image, for everybody who has it. What is found never shows the value. */
export const judgeSecrets: Rule = (instruction, judging) =>
  assignments(instruction, judging).flatMap((assignment) => judgeOne(instruction.name, assignment));

function judgeOne(name: string, { variable, value, written }: Assignment): readonly Found[] {
  if (value === undefined) return [];
  const what = `${name} ${shown(variable)}`;
  const key = KEYS.find(([, pattern]) => pattern.test(value));
  if (key !== undefined) return [secret(`The value of ${what} looks like ${key[0]}.`)];
  // What a variable stands for may be known only in the build.
  const isEmpty = value === "" && !written.includes("$");
  if (isEmpty || CHOICE.test(value) || !isSecretName(variable)) return [];
  return [secret(`${what} by its name is a secret, and has a value that stays in the image.`)];
}

function secret(message: string): Found {
  const fix = "Leave the value out, and give it to the run that needs it, with --env.";
  return { rule: "secret-in-env", message, fix };
}

/** A name that says so: PASSWORD, API_TOKEN. */
export function isSecretName(variable: string): boolean {
  const name = variable
    .slice(0, 256)
    .replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2")
    .toUpperCase();
  return SECRET.test(name) && !ABOUT.test(name);
}
