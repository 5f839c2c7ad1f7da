import { domainToASCII } from "node:url";
import { MoorageError } from "../base/errors.ts";
import { PRESETS } from "./presets.ts";

const WEB_PORTS: readonly number[] = [80, 443];
const PRESET = "preset:";
const MAX_ENTRIES = 256;
/** What `domainToASCII` would cut off or decode without a word. */
const NO_NAME = /[^\p{L}\p{N}\p{M}._-]/u;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** One name that may be reached. */
type Rule = {
  /** Without a final dot, in lower case. */
  readonly domain: string;
  /** True: the names below the domain, not the domain itself. */
  readonly below: boolean;
  readonly ports: readonly number[];
};

/** What may be reached through the proxy; everything else may not. */
export type AllowList = {
  /** Undefined when host and port are allowed, else why not. The host is in its canonical form. */
  readonly refusal: (host: string, port: number) => string | undefined;
};

/**
 * Reads `DOMAIN[,DOMAIN]`: `example.org`, `*.example.org` (any name below it), each with `:PORT` where neither 80 nor
 * 443 is meant, and `preset:NAME`. INVALID_INPUT names the part that is wrong.
 */
export function parseAllowList(text: string): AllowList {
  const parts = text.split(",").map((part) => part.trim());
  if (parts.length > MAX_ENTRIES) {
    throw new MoorageError(
      "INVALID_INPUT",
      `The allow list has ${parts.length} entries; at most ${MAX_ENTRIES} are read.`,
    );
  }
  const rules = parts.flatMap(readPart);
  return {
    refusal: (host, port) => {
      const named = rules.filter((rule) => matches(rule, host));
      if (named.length === 0) return `${host} is not in the allow list`;
      return named.some((rule) => rule.ports.includes(port)) ? undefined : `port ${port} of ${host} is not allowed`;
    },
  };
}

function readPart(part: string): readonly Rule[] {
  if (!part.startsWith(PRESET)) return [readDomain(part)];
  const name = part.slice(PRESET.length);
  const domains = Object.hasOwn(PRESETS, name) ? PRESETS[name] : undefined;
  if (domains === undefined) throw invalid(part, `one of the presets ${Object.keys(PRESETS).join(", ")}`);
  return domains.map(readDomain);
}

function readDomain(part: string): Rule {
  const [, star, name = "", port] = /^(\*\.)?([^:*]+)(?::(\d{1,5}))?$/.exec(part) ?? [];
  const domain = canonicalHost(name);
  if (domain === undefined) throw invalid(part, "a domain such as example.org, *.example.org or example.org:8443");
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) throw invalid(part, "a port of 1 to 65535");
  return { domain, below: star !== undefined, ports: port === undefined ? WEB_PORTS : [Number(port)] };
}

/**
 * A host name in lower case and ASCII, without a final dot; undefined for what is none. Addresses are none, in whatever
 * spelling: `127.1` and `0x7f000001` are addresses to resolvers, so a name's last part is no number.
 */
export function canonicalHost(text: string): string | undefined {
  if (NO_NAME.test(text)) return undefined;
  const host = domainToASCII(text.replace(/\.$/, "").toLowerCase());
  const labels = host.split(".");
  if (host.length > 253 || labels.length < 2 || !labels.every((label) => LABEL.test(label))) return undefined;
  return /^(?:\d+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? "") ? undefined : host;
}

function matches({ domain, below }: Rule, host: string): boolean {
  return below ? host.endsWith(`.${domain}`) : host === domain;
}

function invalid(part: string, expected: string): MoorageError {
  return new MoorageError("INVALID_INPUT", `The allow list has "${part}"; expected ${expected}.`, {
    hint: "Write for example --network allow:pypi.org,*.example.org:8443,preset:npm.",
  });
}
