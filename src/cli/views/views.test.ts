import { describe, expect, test } from "vitest";
import { listOperations } from "../../contracts/platform.ts";
import { sampleReceipt, sampleRun, sampleSandbox } from "../testing/samples.ts";
import { narrow, page, seen, wide } from "../testing/seen.ts";
import { genericView } from "./generic-view.ts";
import { createStyle } from "../output/style.ts";
import { VIEWS } from "./views.ts";

const sandboxes = page(
  sampleSandbox(),
  sampleSandbox({ id: "a1234567890123456789", name: null, state: "paused", image: null, engine: "process" }),
);

describe("sandboxes", () => {
  test("sandbox create: the id alone on stdout, for scripts", async () => {
    expect(await seen(["sandbox", "create"], ["sandbox.create", sampleSandbox()])).toMatchInlineSnapshot(`
      "k3v9x2m7q1w8e5r4t6y0
      2> ✔ Sandbox demo is running (python:3.11-slim, docker). Next: moorage sandbox exec demo -- COMMAND
      "
    `);
  });

  test("sandbox create and start: a main process that has ended at once", async () => {
    const reason = "Its main process ended with code 3; it printed last: no database";
    const ended = sampleSandbox({ state: "stopped", reason, pausedBy: "engine", useImageCommand: true });
    expect(await seen(["sandbox", "create", "--use-image-command"], ["sandbox.create", ended])).toMatchInlineSnapshot(`
      "k3v9x2m7q1w8e5r4t6y0
      2> warning: sandbox demo is stopped: Its main process ended with code 3; it printed last: no database
      2> note: all that it printed: \`moorage sandbox output demo\`
      "
    `);
    expect(await seen(["sandbox", "start", "demo"], ["sandbox.start", ended])).toMatchInlineSnapshot(`
      "2> warning: sandbox demo is stopped: Its main process ended with code 3; it printed last: no database
      2> note: all that it printed: \`moorage sandbox output demo\`
      "
    `);
  });

  test("sandbox ls", async () => {
    expect(await seen(["sandbox", "ls"], ["sandbox.list", sandboxes], wide)).toMatchInlineSnapshot(`
      "ID                    NAME  STATE    IMAGE             ENGINE   CREATED
      k3v9x2m7q1w8e5r4t6y0  demo  running  python:3.11-slim  docker   2026-01-02 03:04:05Z
      a1234567890123456789  -     paused   -                 process  2026-01-02 03:04:05Z
      "
    `);
    expect(await seen(["sandbox", "ls"], ["sandbox.list", sandboxes], narrow)).toMatchInlineSnapshot(`
      "ID                    NAME  STATE
      k3v9x2m7q1w8e5r4t6y0  demo  running
      a1234567890123456789  -     paused
      "
    `);
  });

  test("sandbox ls: nothing that matches", async () => {
    const argv = ["sandbox", "ls", "--label", "team=blue"];
    expect(await seen(argv, ["sandbox.list", page()])).toMatchInlineSnapshot(`
      "2> note: no sandbox matches the filter; \`moorage sandbox ls\` alone lists all.
      "
    `);
  });

  test("sandbox get: a main process, what tells that it is ready, and a volume", async () => {
    const shown = async (changes: Parameters<typeof sampleSandbox>[0]) =>
      (await seen(["sandbox", "get", "demo"], ["sandbox.get", sampleSandbox(changes)]))
        .split("\n")
        .filter((line) => /^(?:Main|Readiness|Workspace)/.test(line));
    expect(await shown({ command: ["sh", "-c", "serve it"], readiness: { port: 8080 }, volume: "data" }))
      .toMatchInlineSnapshot(`
      [
        "Main process  sh -c 'serve it'",
        "Readiness     port:8080",
        "Workspace     /workspace, volume data",
      ]
    `);
    expect(await shown({ useImageCommand: true, readiness: { http: { port: 80, path: "/up", status: 204 } } }))
      .toMatchInlineSnapshot(`
      [
        "Main process  the image's own command",
        "Readiness     http:80/up, status 204",
        "Workspace     /workspace",
      ]
    `);
    expect(await shown({ readiness: { command: ["test", "-e", "a b"] } })).toMatchInlineSnapshot(`
      [
        "Main process  none of its own",
        "Readiness     command: test -e 'a b'",
        "Workspace     /workspace",
      ]
    `);
  });

  test("sandbox ls: nothing, and more", async () => {
    expect(await seen(["sandbox", "ls"], ["sandbox.list", page()])).toMatchInlineSnapshot(`
      "2> note: no sandboxes yet; make one with \`moorage sandbox create\`.
      "
    `);
    const more = { ...sandboxes, nextCursor: "c2" };
    expect(await seen(["sandbox", "ls"], ["sandbox.list", more])).toMatchInlineSnapshot(`
      "ID                    NAME  STATE    IMAGE             ENGINE   CREATED
      k3v9x2m7q1w8e5r4t6y0  demo  running  python:3.11-slim  docker   2026-01-02 03:04:05Z
      a1234567890123456789  -     paused   -                 process  2026-01-02 03:04:05Z
      2> note: there is more: add --cursor c2
      "
    `);
  });

  test("sandbox get", async () => {
    const lost = sampleSandbox({ state: "lost", reason: "its container is gone from the engine" });
    expect(await seen(["sandbox", "get", "demo"], ["sandbox.get", lost], wide)).toMatchInlineSnapshot(`
      "Id            k3v9x2m7q1w8e5r4t6y0
      Name          demo
      Conversation  -
      Owner         root
      State         lost since 2026-01-02 03:04:06Z: its container is gone from the engine
      Image         python:3.11-slim
      Digest        sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
      Dependencies  -
      Engine        docker (isolation: container)
      Main process  none of its own
      Readiness     -
      Profile       sandbox
      Limits        512 MiB memory, 1 CPU, 256 processes, 4 GiB disk, 2 s a run
      Network       none
      Runtime       the engine's default
      Workspace     /workspace
      Labels        team=red
      Idle timeout  1 h
      Expires       never
      Created       2026-01-02 03:04:05Z
      Last active   2026-01-02 04:04:05Z
      "
    `);
    expect(await seen(["sandbox", "get", "demo"], ["sandbox.get", lost], narrow)).toMatchInlineSnapshot(`
      "Id            k3v9x2m7q1w8e5r4t6y0
      Name          demo
      Conversation  -
      Owner         root
      State         lost since 2026-01-02
                    03:04:06Z: its container
                    is gone from the engine
      Image         python:3.11-slim
      Digest        sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
      Dependencies  -
      Engine        docker (isolation:
                    container)
      Main process  none of its own
      Readiness     -
      Profile       sandbox
      Limits        512 MiB memory, 1 CPU, 256
                    processes, 4 GiB disk, 2 s
                    a run
      Network       none
      Runtime       the engine's default
      Workspace     /workspace
      Labels        team=red
      Idle timeout  1 h
      Expires       never
      Created       2026-01-02 03:04:05Z
      Last active   2026-01-02 04:04:05Z
      "
    `);
  });

  test("sandbox runs", async () => {
    const runs = page(
      sampleRun(),
      sampleRun({
        status: "interrupted",
        exitCode: null,
        durationMs: null,
        command: ["sh", "-c", "rm -rf /\n\u001b[2J"],
      }),
    );
    expect(await seen(["sandbox", "runs", "demo"], ["sandbox.runs", runs], wide)).toMatchInlineSnapshot(`
      "RUN                   STATUS       EXIT  KIND  DURATION  COMMAND                           STARTED
      r1234567890123456789  succeeded       0  exec    850 ms  python -c 'print('\\''6 * 7'\\'')'  2026-01-02 03:04:05Z
      r1234567890123456789  interrupted     -  exec         -  sh -c 'rm -rf /\\n\\x1b[2J'         2026-01-02 03:04:05Z
      "
    `);
    expect(await seen(["sandbox", "runs", "demo"], ["sandbox.runs", runs], narrow)).toMatchInlineSnapshot(`
      "RUN                   STATUS       EXIT
      r1234567890123456789  succeeded       0
      r1234567890123456789  interrupted     -
      "
    `);
  });

  test("sandbox rm", async () => {
    const removed = { id: sampleSandbox().id, removed: true };
    expect(await seen(["sandbox", "rm", "demo"], ["sandbox.remove", removed])).toMatchInlineSnapshot(`
      "2> ✔ Removed sandbox k3v9x2m7q1w8e5r4t6y0.
      "
    `);
  });

  test("sandbox logs: both outputs as they were, and what is missing", async () => {
    const line = { time: "2026-01-02T03:04:05.678Z", encoding: "utf8" };
    const log = {
      runId: sampleRun().runId,
      status: "succeeded",
      items: [
        { type: "stdout", offset: 0, data: "out\u001b[1m\n", ...line },
        { type: "gap", offset: 8, bytes: 100 },
        { type: "stderr", offset: 108, data: "err\n", ...line },
      ],
      nextOffset: 112,
      complete: false,
    };
    expect(await seen(["sandbox", "logs", "demo"], ["sandbox.logs", log])).toMatchInlineSnapshot(`
      "out[1m
      2> err
      2> note: 100 bytes of this output were not kept. there is more: \`moorage runs logs r1234567890123456789 --offset 112\`.
      "
    `);
    const live = { ...log, items: [], status: "running" };
    expect(await seen(["runs", "logs", log.runId], ["run.logs", live])).toMatchInlineSnapshot(`
      "2> note: the run goes on; follow it with \`moorage runs attach r1234567890123456789 --offset 112\`.
      "
    `);
  });

  test("runs wait: what has come, and what has not", async () => {
    const waited = { runId: sampleRun().runId, line: null, status: "failed", exitCode: 3 };
    const wait = (answer: object) =>
      seen(["runs", "wait", waited.runId, "--port", "80"], ["run.wait", { ...waited, ...answer }]);
    expect(await wait({ ok: true, reason: "ended" })).toMatchInlineSnapshot(`
      "2> ✔ The run is over: failed with code 3.
      "
    `);
    expect(await wait({ ok: false, reason: "ended" })).toMatchInlineSnapshot(`
      "2> note: the run ended before that came: failed with code 3.
      exit 1"
    `);
    expect(await wait({ ok: false, reason: "timeout", status: "running", exitCode: null })).toMatchInlineSnapshot(`
      "2> note: it has not come in time; the run goes on.
      exit 1"
    `);
  });

  test("runs get", async () => {
    const record = { ...sampleRun({ warnings: ["It was slow."] }), stdout: "out\n", stderr: "" };
    expect(await seen(["runs", "get", record.runId], ["run.get", record], wide)).toMatchInlineSnapshot(`
      "Id         r1234567890123456789
      Kind       exec
      Sandbox    k3v9x2m7q1w8e5r4t6y0
      Command    python -c 'print('\\''6 * 7'\\'')'
      Status     succeeded
      Reason     -
      Exit code  0
      Signal     -
      Started    2026-01-02 03:04:05Z
      Duration   850 ms
      Printed    0 bytes on stdout, 0 on stderr
      Image      sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
      Engine     docker (isolation: container)
      Limits     512 MiB memory, 1 CPU, 256 processes, 4 GiB disk, 2 s a run
      Network    none
      Receipt    p1234567890123456789
      2> note: It was slow.
      "
    `);
  });
});

describe("files", () => {
  test("file ls", async () => {
    const file = { type: "file", sizeBytes: 1536, mode: "0644", modifiedAt: "2026-01-02T03:04:05.678Z" };
    const items = page(
      { ...file, name: "-rf a b\n'c' \"d\"" },
      { ...file, name: "src", type: "directory", mode: "0755" },
      { ...file, name: "latest", type: "symlink", sizeBytes: 7 },
    );
    expect(await seen(["file", "ls", "demo"], ["file.list", items], wide)).toMatchInlineSnapshot(`
      "MODE     SIZE  NAME              MODIFIED
      0644  1.5 KiB  -rf a b\\n'c' "d"  2026-01-02 03:04:05Z
      0755  1.5 KiB  src/              2026-01-02 03:04:05Z
      0644      7 B  latest@           2026-01-02 03:04:05Z
      "
    `);
    expect(await seen(["file", "ls", "demo"], ["file.list", items], narrow)).toMatchInlineSnapshot(`
      "MODE     SIZE  NAME         MODIFIED
      0644  1.5 KiB  -rf a b\\n'…  2026-01-02 …
      0755  1.5 KiB  src/         2026-01-02 …
      0644      7 B  latest@      2026-01-02 …
      "
    `);
  });

  test("file find, stat, mkdir, mv, chmod, replace and changes", async () => {
    const path = "/workspace/src/main.py";
    const time = "2026-01-02T03:04:05.678Z";
    const entry = { path, name: "main.py", type: "file", sizeBytes: 1536, mode: "0644", modifiedAt: time };
    const found = { items: [entry], nextCursor: "abc" };
    expect(await seen(["file", "find", "demo"], ["file.find", found])).toMatchInlineSnapshot(`
      "PATH                       SIZE  MODE  MODIFIED
      /workspace/src/main.py  1.5 KiB  0644  2026-01-02 03:04:05Z
      2> note: there is more: add --cursor abc
      "
    `);
    expect(await seen(["file", "stat", "demo", "x"], ["file.stat", entry])).toMatchInlineSnapshot(`
      "path        /workspace/src/main.py
      name        main.py
      type        file
      sizeBytes   1536
      mode        0644
      modifiedAt  2026-01-02T03:04:05.678Z
      "
    `);
    expect(await seen(["file", "mkdir", "demo", "x"], ["file.mkdir", entry])).toMatchInlineSnapshot(`
      "2> ✔ Made /workspace/src/main.py
      "
    `);
    expect(await seen(["file", "mv", "demo", "x", "y"], ["file.move", entry])).toMatchInlineSnapshot(`
      "2> ✔ Moved to /workspace/src/main.py
      "
    `);
    expect(await seen(["file", "chmod", "demo", "644", "x"], ["file.chmod", entry])).toMatchInlineSnapshot(`
      "2> ✔ /workspace/src/main.py has mode 0644 now
      "
    `);
    const replaced = { path, replacements: 1, lines: [3], sizeBytes: 9 };
    expect(await seen(["file", "replace", "demo", "x", "a", "b"], ["file.replace", replaced])).toMatchInlineSnapshot(`
      "2> ✔ Replaced the text in line 3 of /workspace/src/main.py
      "
    `);
    const changed = {
      items: [{ path, place: "workspace", change: "changed" }],
      nextCursor: null,
      since: "2026-01-02T03:04:05.000Z",
      truncated: false,
      rootKnown: false,
    };
    expect(await seen(["file", "changes", "demo"], ["file.changes", changed])).toMatchInlineSnapshot(`
      "CHANGE   WHERE      PATH
      changed  workspace  /workspace/src/main.py
      2> note: this engine does not tell what changed outside the workspace.
      "
    `);
  });

  test("file rm", async () => {
    const removed = { path: "/workspace/a\nb", removed: true };
    expect(await seen(["file", "rm", "demo", "a b"], ["file.remove", removed])).toMatchInlineSnapshot(`
      "2> ✔ Removed /workspace/a\\nb
      "
    `);
  });
});

describe("receipts", () => {
  const receipts = page(sampleReceipt({ sequence: 12, status: "failed", exitCode: 3 }), sampleReceipt());
  test("receipt ls", async () => {
    expect(await seen(["receipt", "ls"], ["receipt.list", receipts], wide)).toMatchInlineSnapshot(`
      "RECEIPT               NO  STATUS     OPERATION  EXIT  RECORDED              OF
      p1234567890123456789  12  failed     job.run       3  2026-01-02 03:04:07Z  r1234567890123456789
      p1234567890123456789   1  succeeded  job.run       0  2026-01-02 03:04:07Z  r1234567890123456789
      "
    `);
    expect(await seen(["receipt", "ls"], ["receipt.list", receipts], narrow)).toMatchInlineSnapshot(`
      "RECEIPT               NO  STATUS
      p1234567890123456789  12  failed
      p1234567890123456789   1  succeeded
      "
    `);
  });

  test("receipt get", async () => {
    const receipt = sampleReceipt({ status: "timed_out", timedOut: true, signal: "SIGKILL", peakMemoryBytes: null });
    expect(await seen(["receipt", "get", receipt.id], ["receipt.get", receipt], wide)).toMatchInlineSnapshot(`
      "Receipt      p1234567890123456789
      Number       1
      Operation    job.run
      Owner        root
      Key          -
      Agent        -
      Run          r1234567890123456789
      Sandbox      k3v9x2m7q1w8e5r4t6y0
      Command      sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
      Engine       docker (isolation: container)
      Image        python:3.11-slim
      Digest       sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
      Profile      job
      Limits       512 MiB memory, 1 CPU, 256 processes, 4 GiB disk, 2 s a run
      Network      none
      Runtime      the engine's default
      Status       timed_out, SIGKILL
      Reason       -
      Exit code    0
      Started      2026-01-02 03:04:05Z
      Duration     850 ms
      Output       3 B stdout, 0 B stderr
      Peak memory  -
      Before       -
      After        -
      Recorded     2026-01-02 03:04:07Z
      Previous     -
      Hash         sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
      Signature    c2lnbmF0dXJl
      "
    `);
  });

  test("receipt verify", async () => {
    const good = { ok: true, count: 12, publicKey: "PEM", problems: [] };
    expect(await seen(["receipt", "verify"], ["receipt.verify", good])).toMatchInlineSnapshot(`
      "✔ 12 receipts verified: signatures, hash chain and signed head hold.
      "
    `);
    const problems = [
      { sequence: 3, problem: "its hash is not that of its content" },
      { sequence: null, problem: "the signed head counts 13 receipts, and 12 are there" },
    ];
    const bad = { ...good, ok: false, problems };
    expect(await seen(["receipt", "verify"], ["receipt.verify", bad])).toMatchInlineSnapshot(`
      "✖ receipt 3: its hash is not that of its content
      ✖ the signed head counts 13 receipts, and 12 are there
      ✖ The receipts do not hold: 2 problems in 12 receipts.
      exit 1"
    `);
    expect(await seen(["receipt", "verify"], ["receipt.verify", bad], narrow)).toMatchInlineSnapshot(`
      "✖ receipt 3: its hash is not that of its
        content
      ✖ the signed head counts 13 receipts,
        and 12 are there
      ✖ The receipts do not hold: 2 problems
        in 12 receipts.
      exit 1"
    `);
  });

  test("receipt export: one canonical line for each event", async () => {
    const events = [
      { type: "receipt", receipt: { b: 1, a: "é\n" } },
      { type: "head", publicKey: "PEM", head: { count: 1, hash: null } },
    ];
    const expected =
      '{"receipt":{"a":"é\\n","b":1},"type":"receipt"}\n{"head":{"count":1,"hash":null},"publicKey":"PEM","type":"head"}\n';
    expect(await seen(["receipt", "export"], ["receipt.export", events])).toBe(expected);
    expect(await seen(["receipt", "export", "--json"], ["receipt.export", events])).toBe(expected);
  });
});

describe("the system", () => {
  const findings = [
    {
      check: "engine.socket",
      status: "ok",
      message: "Docker answers at unix:///var/run/docker.sock (API 1.41).",
      fix: null,
    },
    {
      check: "engine.socket.mode",
      status: "warning",
      message: "Everybody may write to the socket (0666).",
      fix: "sudo chmod 660 /var/run/docker.sock",
    },
    {
      check: "sandbox.run",
      status: "failed",
      message: "No image is there to run.",
      fix: "docker pull busybox, or name one with agent.image",
    },
  ];

  test("doctor: 0 only where a sandbox can run", async () => {
    const report = { ok: false, engine: "docker", findings };
    expect(await seen(["doctor"], ["system.doctor", report], wide)).toMatchInlineSnapshot(`
      "✔ engine.socket: Docker answers at unix:///var/run/docker.sock (API 1.41).
      ! engine.socket.mode: Everybody may write to the socket (0666).
        fix: sudo chmod 660 /var/run/docker.sock
      ✖ sandbox.run: No image is there to run.
        fix: docker pull busybox, or name one with agent.image

      ✖ No sandbox can run here yet: 1 of 3 checks failed.
      exit 1"
    `);
    expect(await seen(["doctor"], ["system.doctor", report], narrow)).toMatchInlineSnapshot(`
      "✔ engine.socket: Docker answers at
        unix:///var/run/docker.sock (API
        1.41).
      ! engine.socket.mode: Everybody may
        write to the socket (0666).
        fix: sudo chmod 660
             /var/run/docker.sock
      ✖ sandbox.run: No image is there to run.
        fix: docker pull busybox, or name one
             with agent.image

      ✖ No sandbox can run here yet: 1 of 3
        checks failed.
      exit 1"
    `);
    const well = { ok: true, engine: "docker", findings: findings.slice(0, 1) };
    expect(await seen(["doctor", "--preflight"], ["system.doctor", well])).toMatchInlineSnapshot(`
      "✔ engine.socket: Docker answers at unix:///var/run/docker.sock (API 1.41).

      ✔ A sandbox can run here, on the docker engine.
      "
    `);
    expect((await seen(["doctor", "--json"], ["system.doctor", report])).endsWith("}\nexit 1")).toBe(true);
  });

  test("cleanup", async () => {
    const nothing = { ok: true, removed: [], recovered: [], failed: [] };
    expect(await seen(["cleanup"], ["system.cleanup", nothing])).toBe("2> ✔ Nothing to clean up.\n");
    const report = {
      ok: false,
      removed: [{ kind: "container", id: "k3v9x2m7q1w8e5r4t6y0" }],
      recovered: [{ runId: "r1234567890123456789", status: "interrupted" }],
      failed: [{ kind: "run", id: "s1234567890123456789", code: "ENGINE_FAILED", message: "The engine coughed." }],
    };
    expect(await seen(["cleanup"], ["system.cleanup", report], wide)).toMatchInlineSnapshot(`
      "ID                    KIND       DONE
      k3v9x2m7q1w8e5r4t6y0  container  removed
      r1234567890123456789  run        recorded as interrupted
      s1234567890123456789  run        failed, and is tried again: The engine coughed.
      exit 1"
    `);
  });
});

describe("colour", () => {
  test("marks what is bad, and NO_COLOR or --no-color takes it away", async () => {
    const report = {
      ok: false,
      engine: "docker",
      findings: [{ check: "x", status: "failed", message: "y", fix: null }],
    };
    expect(await seen(["doctor"], ["system.doctor", report], { color: true })).toContain("\u001b[31m✖ \u001b[39m");
    expect(await seen(["doctor", "--no-color"], ["system.doctor", report], { color: true })).not.toContain("\u001b");
    expect(await seen(["doctor"], ["system.doctor", report])).not.toContain("\u001b");
  });
});

test("--json is one line with the answer as it is, also what this version does not know", async () => {
  const answer = { ...sampleSandbox(), newer: { field: ["a\nb"] } };
  expect(await seen(["sandbox", "get", "demo", "--json"], ["sandbox.get", answer])).toBe(`${JSON.stringify(answer)}\n`);
});

describe("the generic view", () => {
  const layout = { style: createStyle(false), width: 60 };

  test("shows lists as a table, ids whole", () => {
    const items = [
      { taskId: "k3v9x2m7q1w8e5r4t6y0", limits: { cpus: 2 }, note: "a long note that does not fit", tags: ["a"] },
      { taskId: "a1234567890123456789", note: null },
    ];
    expect(genericView({ items, nextCursor: null, total: 2 }, layout).out).toMatchInlineSnapshot(`
      "TASK ID               LIMITS CPUS  NOTE                TAGS
      k3v9x2m7q1w8e5r4t6y0  2            a long note that …  ["a"]
      a1234567890123456789  -            -                   -

      total  2
      "
    `);
    expect(genericView({ items: [], nextCursor: null }, layout)).toEqual({ note: "nothing to list." });
  });

  test("shows an object by its fields", () => {
    expect(genericView({ id: "x", nested: { on: true, list: [1, 2] } }, layout).out).toMatchInlineSnapshot(`
      "id           x
      nested.on    true
      nested.list  [1,2]
      "
    `);
  });

  test("stands in where a view does not know the answer", async () => {
    expect(await seen(["sandbox", "rm", "demo"], ["sandbox.remove", { gone: "demo" }])).toBe("gone  demo\n");
  });
});

test("views are of operations that are there", () => {
  const names = listOperations().map(({ name }) => name);
  expect(Object.keys(VIEWS).filter((name) => !names.includes(name))).toEqual([]);
});
