/** Shown by `moorage --help`. */
export const PROGRAM_EXAMPLES: readonly string[] = [
  "moorage run -- echo hello",
  "moorage run --image python:3.11-slim -- python -c 'print(6*7)'",
  "moorage sandbox create --name demo",
  "moorage doctor",
];

/** Shown by a command's help, by the words of the command. Each is one line that can be typed as it is. */
export const EXAMPLES: Readonly<Record<string, readonly string[]>> = {
  run: [
    "moorage run -- echo hello",
    "moorage run --image python:3.11-slim --timeout 10 -- python -c 'print(6*7)'",
    "moorage run --workspace . --memory 1g -e CI=1 -- make test",
    "echo 1 2 3 | moorage run -i -- wc -w",
  ],
  "agent run": ["moorage agent run builder --workspace ./work --shell -- 'make && make test'"],
  jobs: ["moorage jobs jobs.yaml --concurrency 4", "cat jobs.jsonl | moorage jobs --fail-fast --json -"],
  "sandbox create": ["moorage sandbox create --name demo --image python:3.11-slim --memory 1g"],
  "sandbox ls": ["moorage sandbox ls --json"],
  "sandbox get": ["moorage sandbox get demo"],
  "sandbox exec": [
    "moorage sandbox exec demo -- ls -la",
    "moorage sandbox exec demo --timeout 5m -e CI=1 -- npm test",
    "moorage sandbox exec demo --code-file ./script.py",
    "moorage sandbox exec -d demo -- python -m http.server 8000",
  ],
  "sandbox shell": ["moorage sandbox shell demo"],
  "runs ls": ["moorage runs ls --status running"],
  "runs attach": ["moorage runs attach r3v9x2m7q1w8e5r4t6y0"],
  "runs wait": ["moorage runs wait r3v9x2m7q1w8e5r4t6y0 --pattern 'listening on' --timeout 1m"],
  "runs signal": ["moorage runs signal r3v9x2m7q1w8e5r4t6y0 HUP"],
  "sandbox cp": ["moorage sandbox cp ./project demo:src", "moorage sandbox cp demo:out/report.html ."],
  "sandbox rm": ["moorage sandbox rm demo"],
  "file ls": ["moorage file ls demo src"],
  "file read": ["moorage file read demo src/main.py"],
  "file write": ["echo 'print(1)' | moorage file write demo main.py"],
  "file find": ["moorage file find demo src --name '*.py' --type file"],
  "file grep": ["moorage file grep demo 'def|class' src --include '*.py' --context 2"],
  "file replace": ["moorage file replace demo src/main.py 'DEBUG = True' 'DEBUG = False'"],
  "file mv": ["moorage file mv demo draft.md docs/final.md"],
  "file chmod": ["moorage file chmod demo 0755 run.sh"],
  "context create": [
    "moorage context create .",
    "moorage context create --git https://github.com/example/app.git#main",
  ],
  "image pull": ["moorage image pull ghcr.io/team/app:1.2", "moorage image pull busybox --platform linux/arm64"],
  "network ensure": ["moorage network ensure team", "moorage run --network net:team -- curl http://web:8000"],
  "network rm": ["moorage network rm team", "moorage network rm --force team"],
  "network set": ["moorage network set demo allow:preset:pypi,example.org"],
  "receipt export": ["moorage receipt export > receipts.jsonl"],
  "receipt verify": ["moorage receipt verify"],
  doctor: ["moorage doctor --preflight", "moorage doctor --probe"],
};
