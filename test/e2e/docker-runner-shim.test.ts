import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { newId } from "../../src/base/ids.ts";
import { openHome } from "../fixtures/command-line.ts";
import { inHome, runShell, SHIM } from "../fixtures/shell-script.ts";

const env = { DOCKER_IMAGE_NAME: "python", DOCKER_IMAGE_TAG: "3.11-slim" };

describe.each(["bash", "dash"] as const)("shim/docker-runner.sh in %s", (shell) => {
  it("does nothing when it is loaded, twice, and leaves options, variables and traps alone", async () => {
    const script = `
      unset BASH_EXECUTION_STRING
      trap 'true' TERM
      snapshot() { if [ -n "\${BASH_VERSION-}" ]; then (set -o posix; set); else (set); fi; echo "$-"; trap; }
      snapshot
      echo ====
      . "${SHIM}"; . "${SHIM}"
      snapshot
      false
      echo ====
    `;
    const run = await runShell({ cwd: "/", environment: {} }, ["-c", script], { shell });
    expect(run).toMatchObject({ code: 0, stderr: "" });
    // What the shell itself changes all the time.
    const told = run.stdout.replaceAll(/^(?:_|BASH_\w+|PIPESTATUS|LINENO|SHLVL|PPID)=.*\n/gm, "");
    const [before, after] = told.split("====\n");
    expect(before).toContain("TERM");
    expect(after).toBe(before);
  });

  it("runs an agent with the settings of the shell, its output and its code unchanged", async () => {
    await using home = await openHome();
    await mkdir(join(home.root, "w"));
    const script = `
      set -eu
      . "${SHIM}"
      DOCKER_IMAGE_NAME=python; DOCKER_IMAGE_TAG=3.11-slim; DOCKER_CPU_LIMIT=0.5; DOCKER_TIMEOUT_SECONDS=3
      bootstrap_docker_init
      echo "$DOCKER_MODE $SIMULATION_MODE"
      code=0; docker_spawn_agent a1 "$PWD/w" 'echo "$AGENT_ID in $WORKSPACE"; echo no >&2; exit 125' || code=$?
      echo "code $code"
      code=0; bootstrap_docker_execute a2 "$PWD/w" 'exit 42' || code=$?
      echo "code $code"
      code=0; docker_spawn_agent a3 "$PWD/w" 'sleep 60' || code=$?
      echo "code $code"
    `;
    const run = await runShell(inHome(home), ["-c", script], { shell });
    expect(run.stdout).toBe("true false\na1 in /workspace\ncode 125\ncode 42\ncode 124\n");
    expect(run.stderr).toMatch(/^no$/m);
    expect(run.stderr).toMatch(/^agent a2: ended with 42, receipt [a-z][a-z0-9]{19}$/m);
    const file = JSON.parse(await readFile(join(home.root, "w", ".docker-result-a3"), "utf8")) as object;
    expect(file).toMatchObject({ agent_id: "a3", exit_code: 124, timed_out: true });
  }, 180_000);
});

describe("the other functions of shim/docker-runner.sh", () => {
  it("look at images, the engine and the sandboxes, and clean up", async () => {
    await using home = await openHome();
    const script = `
      . "${SHIM}"
      try() { code=0; "$@" || code=$?; echo "$1 $code"; }
      try docker_image_exists python:3.11-slim
      try docker_image_exists moorage-test/nowhere:1
      try docker_image_exists ""
      docker_init_image
      try docker_health_check >health; tail -n 1 health
      try docker_view_containers
      try docker_cleanup
    `;
    const run = await runShell(inHome(home), ["-c", script], { shell: "dash", env });
    expect(run.stdout).toMatch(
      new RegExp(
        [
          ...["^docker_image_exists 0", "docker_image_exists 1", "docker_image_exists 1", "sha256:[0-9a-f]{64}"],
          ...["docker_health_check 0", "docker_view_containers 0", "docker_cleanup 0\n$"],
        ].join("\n"),
      ),
    );
  }, 180_000);

  it("show an agent while it is at work", async () => {
    await using home = await openHome();
    await mkdir(join(home.root, "w"));
    const script = `
      . "${SHIM}"
      docker_spawn_agent digger "$PWD/w" 'touch begun; until [ -e go ]; do sleep 0.1; done' &
      for i in $(seq 600); do [ -e w/begun ] && break; sleep 0.1; done
      docker_view_containers >view; echo "$? $(grep -c "running .*agent digger" view)"
      touch w/go; wait
      docker_view_containers >view; echo "$? $(grep -c digger view)"
    `;
    const run = await runShell(inHome(home), ["-c", script], { shell: "dash", env });
    expect(run.stdout).toBe("0 1\n0 0\n");
  }, 180_000);

  it("make a network that agents join and find one another in, and refuse somebody else's", async () => {
    await using home = await openHome();
    const foreign = `moorage-test-${newId()}`;
    for (const name of ["a", "b"]) await mkdir(join(home.root, name));
    const serve = 'import socket as s; s.create_server(("", 8000)).accept()[0].sendall(b"found")';
    await writeFile(join(home.root, "a", "serve.py"), serve);
    const ask = 'import socket as s; print(s.create_connection(("server", 8000), 5).recv(9).decode())';
    await writeFile(join(home.root, "b", "ask.py"), ask);
    const script = `
      . "${SHIM}"
      try() { code=0; "$@" || code=$?; echo "$1 $code"; }
      DOCKER_NETWORK=ggen-isolated
      try bootstrap_docker_init; try docker_ensure_network; try docker_view_network >view; grep -c ggen-isolated view
      docker_spawn_agent server "$PWD/a" 'python3 serve.py' &
      docker_spawn_agent client "$PWD/b" 'for i in $(seq 100); do python3 ask.py 2>/dev/null && exit; sleep 0.2; done'
      wait
      docker network create ${foreign} >/dev/null; DOCKER_NETWORK=${foreign}
      try docker_ensure_network; try bootstrap_docker_init; echo "$DOCKER_MODE"
      try docker_spawn_agent late "$PWD/b" true
      docker network rm ${foreign} >/dev/null
      "$MOORAGE" network rm ggen-isolated
    `;
    const run = await runShell(inHome(home), ["-c", script], { shell: "bash", env });
    expect(run.stdout).toBe(
      [
        ...["bootstrap_docker_init 0", "net:ggen-isolated", "docker_ensure_network 0", "1", "found"],
        ...["docker_ensure_network 1", "bootstrap_docker_init 1", "false", "docker_spawn_agent 1", ""],
      ].join("\n"),
    );
    expect(run.stderr).toContain(
      `The engine has a network "${foreign}" that is not Moorage's (driver bridge, not internal`,
    );
  }, 180_000);

  it("refuse what the engine is not there for, and simulate nothing", async () => {
    await using home = await openHome();
    const script = `
      . "${SHIM}"
      try() { code=0; "$@" || code=$?; echo "$1 $code"; }
      try docker_check_availability; try docker_check_socket_permissions; try docker_image_exists python:3.11-slim
      try docker_init_image; try bootstrap_docker_init; echo "$DOCKER_MODE $SIMULATION_MODE"
      try docker_spawn_agent a "$PWD" true
    `;
    const run = await runShell(inHome(home), ["-c", script], {
      shell: "dash",
      env: { ...env, DOCKER_HOST: "unix:///nowhere.sock" },
    });
    expect(run.stdout).toBe(
      [
        ...["docker_check_availability 1", "docker_check_socket_permissions 1", "docker_image_exists 1"],
        ...["docker_init_image 1", "bootstrap_docker_init 1", "false false", "docker_spawn_agent 1", ""],
      ].join("\n"),
    );
    expect(run.stderr).toContain("nothing will be simulated");
    expect(run.stderr).toContain("Docker does not answer at unix:///nowhere.sock");
  }, 180_000);

  it("refuse bad arguments before anything runs", async () => {
    await using home = await openHome();
    const calls = [
      ["docker_spawn_agent", "expected AGENT_ID WORKSPACE COMMAND, none of them empty"],
      ["docker_spawn_agent a /tmp ''", "expected AGENT_ID WORKSPACE COMMAND, none of them empty"],
      ["docker_spawn_agent a work true", 'expected an absolute path as the workspace (got "work")'],
      ["docker_spawn_agent ../a $PWD true", "AGENT-ID: expected 1 to 64 of"],
      ["docker_spawn_agent a $PWD/nowhere true", "does not exist"],
      ["docker_spawn_agent a /etc true", "is not in an allowed root"],
      ["SIMULATION_MODE=true docker_spawn_agent a $PWD true", "Moorage simulates nothing"],
      ["MOORAGE=/nowhere docker_spawn_agent a $PWD true", 'there is no command "/nowhere"'],
      ["docker_ensure_network", "expected a network's name"],
      ["docker_view_network", "expected a network's name"],
    ] as const;
    const script = [`. "${SHIM}"`, ...calls.map(([call]) => `${call}; echo "$?"; echo -- >&2`)].join("\n");
    const run = await runShell(inHome(home), ["-c", script], { shell: "bash", env });
    expect(run.stdout).toBe("1\n".repeat(calls.length));
    const told = run.stderr.split("--\n");
    calls.forEach(([call, message], index) => expect(told[index], call).toContain(message));
  }, 180_000);
});
