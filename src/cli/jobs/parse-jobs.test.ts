import { describe, expect, it } from "vitest";
import { isMoorageError } from "../../base/errors.ts";
import { parseJobs } from "./parse-jobs.ts";

async function problemOf(name: string, text: string): Promise<string> {
  try {
    return JSON.stringify(await parseJobs({ name, text }));
  } catch (error) {
    if (isMoorageError(error)) return `${error.code} ${error.message}`;
    throw error;
  }
}

const TWO = [
  { line: 1, value: { command: ["a"] } },
  { line: 3, value: { command: ["b"] } },
];

describe("a jobs file", () => {
  it.each([
    ["jobs.jsonl", '{"command":["a"]}\n\n{"command":["b"]}\n'],
    ["jobs.jsonl", '{"command":["a"]}\r\n\r\n{"command":["b"]}'],
    ["stdin", '{"command":["a"]}\n\n{"command":["b"]}\n'],
    ["jobs.yaml", "- command: [a]\n# then\n- command: [b]\n"],
    ["jobs.YML", '- {command: ["a"]}\n\n- command:\n    - b\n'],
    ["stdin", "- command: [a]\n\n- command: [b]\n"],
    ["jobs.json", '[{"command":["a"]},\n\n{"command":["b"]}]'],
  ])("is read as %s: %j", async (name, text) => {
    expect(await parseJobs({ name, text })).toEqual(TWO);
  });

  it("may use anchors, and YAML 1.2 alone: no `yes` for true, no merge keys", async () => {
    const text = "- &first {command: [yes, on, 0o7]}\n- *first\n- <<: *first\n";
    const command = ["yes", "on", 7];
    expect(await parseJobs({ name: "j.yaml", text })).toEqual([
      { line: 1, value: { command } },
      { line: 2, value: { command } },
      { line: 3, value: { "<<": { command } } },
    ]);
  });
});

describe("a bad jobs file", () => {
  const bomb = [
    "- &a [x,x,x,x,x,x,x,x,x]",
    "- &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]",
    "- &c [*b,*b,*b,*b,*b,*b]",
    "- [*c,*c,*c]",
  ];

  it.each([
    ["j.jsonl", "", "INVALID_INPUT j.jsonl: expected at least one job (got none)."],
    ["j.yaml", "# nothing\n", "INVALID_INPUT j.yaml: expected at least one job (got none)."],
    ["j.yaml", "[]", "INVALID_INPUT j.yaml: expected at least one job (got none)."],
    ["j.jsonl", '{"command":["a"]}\n{oops\n', "INVALID_INPUT j.jsonl line 2: expected one job as a JSON object."],
    ["j.yaml", "command: [a]\n", "INVALID_INPUT j.yaml line 1: expected a list of jobs, each behind a dash."],
    ["j.yaml", "- command: [a]\n  command: [b]\n", "INVALID_INPUT j.yaml line 2: Map keys must be unique."],
    [
      "j.yaml",
      "- a\n- !!js/function 'x'\n",
      "INVALID_INPUT j.yaml line 2: Unresolved tag: tag:yaml.org,2002:js/function.",
    ],
    [
      "j.yaml",
      "- *nobody\n",
      "INVALID_INPUT j.yaml: Unresolved alias (the anchor must be set before the alias): nobody.",
    ],
    ["j.yaml", bomb.join("\n"), "INVALID_INPUT j.yaml: Excessive alias count indicates a resource exhaustion attack."],
    ["j.yaml", "- a\n---\n- b\n", "INVALID_INPUT j.yaml line 2: Source contains multiple documents"],
    ["j.yaml", "[ ".repeat(20_000), "INVALID_INPUT j.yaml line 1: "],
  ])("is refused: %s %j", async (name, text, problem) => {
    expect(await problemOf(name, text)).toContain(problem);
  });
});
