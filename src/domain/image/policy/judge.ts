import type { BuildArgs, DockerfileFinding, DockerfileRule, ImageChecked } from "../../../contracts/types.ts";
import type { DockerfilePolicy } from "../../policy.ts";
import type { Dockerfile, Instruction } from "../dockerfile/dockerfile.ts";
import { assignments } from "./assignments.ts";
import { shown, type Found, type Judging, type Located } from "./found.ts";
import { judgeAdd } from "./judge-add.ts";
import { judgeBases } from "./judge-bases.ts";
import { judgeFlags } from "./judge-flags.ts";
import { judgeSecrets } from "./judge-secrets.ts";
import { judgeSockets } from "./judge-sockets.ts";
import { Variables } from "./variables.ts";

const MAX_FINDINGS = 200;
const RULES = [judgeFlags, judgeSockets, judgeAdd, judgeSecrets];

/** Not a matter of policy: the builder cannot do it, or what is another owner's would be read. */
const ALWAYS: ReadonlySet<DockerfileRule> = new Set([
  "host-mount",
  "host-network",
  "insecure",
  "private-image",
  "privileged",
  "syntax",
  "unsupported",
]);

type Settings = { readonly policy: DockerfilePolicy; readonly buildArgs: BuildArgs };

/** Judges what a build would do, by the administrator's policy. Whatever has an error must not be built. */
export function judge(dockerfile: Dockerfile, { policy, buildArgs }: Settings): ImageChecked {
  const judging: Judging = { dockerfile, policy, buildArgs, variables: new Variables() };
  const { bases, found: ofBases } = judgeBases(judging);
  const located = [
    ...dockerfile.problems,
    ...judgeFrontends(judging),
    ...ofBases,
    ...dockerfile.instructions.flatMap((instruction) => judgeInstruction(instruction, judging)),
  ];
  const findings = located
    .filter(({ rule }) => policy.mode !== "off" || ALWAYS.has(rule))
    .map((one) => asFinding(one, policy))
    .toSorted((one, other) => one.line - other.line);
  return {
    ok: findings.every(({ severity }) => severity !== "error"),
    mode: policy.mode,
    findings: findings.slice(0, MAX_FINDINGS),
    omitted: Math.max(0, findings.length - MAX_FINDINGS),
    bases: [...bases],
  };
}

function judgeInstruction(instruction: Instruction, judging: Judging): readonly Located[] {
  const { line, endLine } = instruction;
  const judged = instruction.trigger ?? instruction;
  const found: readonly Found[] = [
    ...RULES.flatMap((rule) => rule(judged, judging)),
    ...(instruction.trigger === undefined ? [] : judgeFlags({ ...instruction, heredocs: [] }, judging)),
  ];
  for (const { variable, value } of assignments(judged, judging)) {
    if (value !== undefined) judging.variables.set(variable, value);
  }
  return found.map((one) => ({ ...one, line, endLine }));
}

/** Frontends are programs that read the Dockerfile in the builder's place. */
function judgeFrontends({ dockerfile, buildArgs }: Judging): readonly Located[] {
  const fix = "Leave it out: what it would add is not supported.";
  const ofLines = dockerfile.directives
    .filter(({ name }) => name === "syntax")
    .map(({ line, value }): Located => {
      const message = `# syntax=${shown(value)} has the Dockerfile read by a program from a registry.`;
      return { rule: "syntax-frontend", line, endLine: line, message, fix };
    });
  const given = Object.hasOwn(buildArgs, "BUILDKIT_SYNTAX");
  const declared = dockerfile.instructions.find(({ name, args }) => name === "ARG" && /^BUILDKIT_SYNTAX\b/.test(args));
  if (!given && declared === undefined) return ofLines;
  const { line, endLine } = declared ?? { line: 1, endLine: 1 };
  const message = "BUILDKIT_SYNTAX has the Dockerfile read by a program from a registry.";
  return [...ofLines, { rule: "syntax-frontend", line, endLine, message, fix }];
}

function asFinding(
  { line, endLine, rule, advice, message, fix }: Located,
  { mode }: DockerfilePolicy,
): DockerfileFinding {
  const isError = advice !== true && (mode === "enforce" || ALWAYS.has(rule));
  return { line, endLine, rule, severity: isError ? "error" : "warning", message, fix };
}
