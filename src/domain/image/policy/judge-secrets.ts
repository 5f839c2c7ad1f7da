import type { Instruction } from "../dockerfile/dockerfile.ts";
import { nameValues } from "../dockerfile/name-values.ts";
import { type Assignment, assignments } from "./assignments.ts";
import { expanded, shown, type Found, type Judging, type Rule } from "./found.ts";

const WORDS =
  "PASSWORD|PASSWD|PASS_?PHRASE|SECRET|TOKEN|CREDENTIALS?|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|SECRET_?KEY|ENCRYPTION_?KEY|SIGNING_?KEY|AUTH_?KEY";
const SECRET = new RegExp(`(?:^|_)(?:${WORDS})(?:_|$)|(?:${WORDS})$|_(?:PASS|PWD|PAT)$`);
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
  ["an API key of Moorage", /(?<![\w-])moorage_[a-z][a-z0-9]{19}_[\w-]{43}/],
  ["a signed token (JWT)", /(?<![\w-])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/],
];

/** A password in a URL's user part, and not what only stands in its place: `***`, `xxx`, `<password>`. */
const URL_PASSWORD =
  /(?<![\w+.-])[a-z][a-z0-9+.-]{0,30}:\/\/[^\s/?#@:]{0,256}:(?!(?:\*+|x{3,}|<[^\s<>@]{0,64}>)@)[^\s/?#@]{1,256}@/i;
const AUTHORIZATION = /^(?:proxy-)?authorization:\s*[a-z]+\s+\S/i;
/** Of a variable for such a header: how, and then with what. */
const CREDENTIALS = /^(?:bearer|basic|token)\s+\S+$/i;
const HEADER = /AUTH|HEADER/i;

/** Secrets that stay in the image, for everybody who has it. What is found never shows the value. */
export const judgeSecrets: Rule = (instruction, judging) => [
  ...assignments(instruction, judging).flatMap((assignment) => judgeOne(instruction.name, assignment)),
  ...labels(instruction, judging).flatMap((label) => judgeValue("LABEL", label)),
];

/** A label's name says nothing: `token` may be about one. */
function labels({ name, args }: Instruction, judging: Judging): readonly Assignment[] {
  if (name !== "LABEL") return [];
  return (nameValues(args, judging.dockerfile.escape) ?? []).map(({ name: variable, value }) => ({
    ...{ variable: expanded(variable, judging).value, value: expanded(value, judging).value, written: value },
  }));
}

function judgeOne(name: string, assignment: Assignment): readonly Found[] {
  const { variable, value, written } = assignment;
  if (value === undefined) return [];
  const found = judgeValue(name, assignment);
  if (found.length > 0) return found;
  // What a variable stands for may be known only in the build.
  const isEmpty = value === "" && !written.includes("$");
  if (isEmpty || CHOICE.test(value) || !isSecretName(variable)) return [];
  return [secret(`${name} ${shown(variable)} by its name is a secret, and has a value that stays in the image.`)];
}

function judgeValue(name: string, { variable, value = "", written }: Assignment): readonly Found[] {
  const what = `${name} ${shown(variable)}`;
  const key = KEYS.find(([, pattern]) => pattern.test(value));
  if (key !== undefined) return [secret(`The value of ${what} looks like ${key[0]}.`)];
  const texts = written.includes("$") ? [value, written.replaceAll(/["']/g, "")] : [value];
  if (texts.some((text) => URL_PASSWORD.test(text))) {
    return [secret(`The value of ${what} has a URL with a password in it.`)];
  }
  if (texts.some((text) => AUTHORIZATION.test(text) || (HEADER.test(variable) && CREDENTIALS.test(text)))) {
    return [secret(`The value of ${what} is what an Authorization header has.`)];
  }
  return [];
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
