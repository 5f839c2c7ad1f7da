import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { eventually } from "../conformance/collect.ts";
import { openEngine } from "./testing/open-engine.ts";
import { runSpec } from "./testing/unit-specs.ts";
import { descriptorLimit } from "./host/resource-limits.ts";
import { ABSENT_CALLS, callNumber, JUDGED_CALLS, REFUSED_CALLS } from "./launch/system-calls.ts";
import { runningLaunchers } from "./launch/running-launchers.ts";

const opened = openEngine();
const { engine, exec } = opened;
let id = "";

beforeAll(async () => {
  id = await opened.sandbox();
});
afterAll(() => opened[Symbol.asyncDispose]());

/** Makes a system call from inside and answers its errno; 0 when it was allowed. */
async function call(...args: (number | string)[]): Promise<number> {
  const program = [
    "import ctypes, sys",
    "libc = ctypes.CDLL(None, use_errno=True)",
    "args = [a.encode() if not a.lstrip('-').isdigit() else ctypes.c_long(int(a)) for a in sys.argv[1:]]",
    "print(0 if libc.syscall(*args) >= 0 else ctypes.get_errno())",
  ].join("\n");
  const { out, err, exit } = await exec(id, ["python3", "-c", program, ...args.map(String)]);
  expect({ err, exitCode: exit.exitCode }).toEqual({ err: "", exitCode: 0 });
  return Number(out);
}

const MACHINE = process.arch === "arm64" ? "arm64" : "x64";
const numbered = (numbers: Parameters<typeof callNumber>[0] | undefined): number => {
  const number = numbers === undefined ? null : callNumber(numbers, MACHINE);
  if (number === null) throw new Error("This machine has no such system call.");
  return number;
};

describe("system calls that a program makes", () => {
  test.each([
    ["mount", REFUSED_CALLS["mount"], ["none", "/tmp", "tmpfs", 0, 0], 1],
    ["umount2", REFUSED_CALLS["umount2"], ["/proc", 0], 1],
    ["unshare of a user namespace", REFUSED_CALLS["unshare"], [0x10000000], 1],
    ["setns", REFUSED_CALLS["setns"], [0, 0], 1],
    ["clone of a user namespace", JUDGED_CALLS.clone, [0x10000011, 0, 0, 0, 0], 1],
    ["clone3", ABSENT_CALLS["clone3"], [0, 0], 38],
    ["keyctl", REFUSED_CALLS["keyctl"], [0, -3, 0], 1],
    ["add_key", REFUSED_CALLS["add_key"], ["user", "name", "value", 5, -3], 1],
    ["bpf", REFUSED_CALLS["bpf"], [0, 0, 0], 1],
    ["perf_event_open", REFUSED_CALLS["perf_event_open"], [0, 0, 0, 0, 0], 1],
    ["userfaultfd", REFUSED_CALLS["userfaultfd"], [0], 1],
    ["io_uring_setup", ABSENT_CALLS["io_uring_setup"], [1, 0], 38],
    ["open_tree", REFUSED_CALLS["open_tree"], [-100, "/", 1], 1],
    ["a socket to the machine's hypervisor", JUDGED_CALLS.socket, [40, 1, 0], 97],
    ["a raw packet socket", JUDGED_CALLS.socket, [17, 3, 0], 97],
    ["TIOCSTI", JUDGED_CALLS.ioctl, [0, 0x5412, "x"], 1],
    ["a call that is newer than the filter", [463, 463], [0, 0, 0], 38],
  ] as const)("%s is refused", async (...[, numbers, args, errno]) => {
    expect(await call(numbered(numbers), ...args)).toBe(errno);
  });

  test.each([
    ["getpid", [39, 172], []],
    ["a unix socket", JUDGED_CALLS.socket, [1, 1, 0]],
    ["an internet socket, which finds no network", JUDGED_CALLS.socket, [2, 1, 0]],
  ] as const)("%s is allowed", async (_, numbers, args) => {
    expect(await call(numbered(numbers), ...args)).toBe(0);
  });
});

describe("what a program can do", () => {
  test("Python with threads, processes, temporary files and random numbers works", async () => {
    const program = [
      "import threading, subprocess, tempfile, secrets, json, socket, multiprocessing as m",
      "t = threading.Thread(target=lambda: None); t.start(); t.join()",
      "assert subprocess.run(['true']).returncode == 0",
      "tempfile.NamedTemporaryFile().write(secrets.token_bytes(9))",
      "assert m.get_context('fork').Pool(2).map(abs, [-1, -2]) == [1, 2]",
      "print(6*7, socket.gethostname())",
    ].join("\n");
    const { out, err } = await exec(id, ["python3", "-c", program]);
    expect({ out, err }).toEqual({ out: `42 ${id}\n`, err: "" });
  });

  test("its three streams can be opened again by name", async () => {
    const stdin = (async function* () {
      yield Buffer.from("from stdin");
    })();
    const script = "sleep 0.2; cat /dev/stdin; echo to stdout >/dev/stdout; echo to stderr >/dev/stderr";
    const { out, err, exit } = await exec(id, ["sh", "-c", script], { stdin });
    expect({ out, err, exitCode: exit.exitCode }).toEqual({
      out: "from stdinto stdout\n",
      err: "to stderr\n",
      exitCode: 0,
    });
  });

  test("/tmp and $HOME of a sandbox are the same in its next run", async () => {
    await exec(id, ["sh", "-c", "echo kept >/tmp/file; echo kept >~/file"]);
    expect((await exec(id, ["sh", "-c", "cat /tmp/file ~/file"])).out).toBe("kept\nkept\n");
  });

  test("variables that shells own arrive too", async () => {
    const env = { IFS: "x", PPID: "12", OPTIND: "7", PWD: "/elsewhere", UID: "3", PS1: "prompt" };
    const { out } = await exec(id, ["env"], { env });
    for (const [name, value] of Object.entries(env)) expect(out.split("\n")).toContain(`${name}=${value}`);
    expect(out).not.toMatch(/^OLDPWD=/m);
  });

  test("it has a limit of descriptors, and dumps no memory", async () => {
    const { out } = await exec(id, ["sh", "-c", "ulimit -n; ulimit -c"]);
    expect(out).toBe(`${await descriptorLimit()}\n0\n`);
  });
});

describe("what a program finds", () => {
  test("a root of few directories, and nothing of the host's people, keys, state or services", async () => {
    const { out } = await exec(id, ["ls", "-A", "/", "/etc", "/home", "/run", "/var"]);
    const listing = out.split("\n");
    for (const name of [
      "root",
      "boot",
      "sys",
      "mnt",
      "srv",
      "opt",
      "shadow",
      "ssh",
      "machine-id",
      "hostname",
      "docker.sock",
    ]) {
      expect(listing).not.toContain(name);
    }
    expect(listing).toEqual(expect.arrayContaining(["usr", "workspace", "passwd", "agent"]));
    const users = await exec(id, ["cat", "/etc/passwd"]);
    expect(users.out.split("\n").map((line) => line.split(":")[0])).toEqual(["root", "agent", "nobody", ""]);
  });

  test("only the workspace, /tmp, its home and memory can be written", async () => {
    const script =
      'for path in / /etc /usr /home /var /dev /bin /run /dev/shm /tmp ~ .; do [ -w "$path" ] && echo "$path"; done; :';
    const { out } = await exec(id, ["sh", "-c", script]);
    expect(out.trim().split("\n")).toEqual(["/run", "/dev/shm", "/tmp", "/home/agent", "."]);
  });

  test("no descriptor but its three, even where this process was started with one", async () => {
    const { out } = await exec(id, ["sh", "-c", "for fd in /proc/self/fd/*; do readlink $fd; done"]);
    expect(out.split("\n").filter((target) => !/^(|\/dev\/null|pipe:.*|\/proc\/\d+\/fd)$/.test(target))).toEqual([]);
  });

  test("its environment on no command line of the host", async () => {
    const secret = `secret-${id}`;
    const run = await engine.exec(id, runSpec(["sleep", "60"], { env: { TOKEN: secret } }));
    const launcher = (await runningLaunchers("/usr/bin/bwrap")).find(({ unit }) => unit === id);
    expect(launcher).toBeDefined();
    expect(await readFile(`/proc/${launcher?.pid}/cmdline`, "utf8")).not.toContain(secret);
    await run.kill();
  });

  test("a PID 1 that it cannot touch, though it runs as the same user", async () => {
    const script = "exec 3<>/proc/1/mem && echo opened; exec 4<>/proc/1/task/1/mem && echo opened";
    expect((await exec(id, ["sh", "-c", script])).out).toBe("");
    expect((await exec(id, ["sh", "-c", "kill -KILL 1; kill -STOP 1; echo alive"])).out).toBe("alive\n");
  });

  test("and which it cannot trace, though it can trace its children", async () => {
    const attach = 16;
    expect(await call(numbered(JUDGED_CALLS.ptrace), attach, 1, 0, 0)).toBe(1);
    const program = [
      "import ctypes, os, signal",
      "pid = os.fork()",
      "if pid == 0: signal.pause()",
      "print(ctypes.CDLL(None).ptrace(16, pid, 0, 0))",
      "os.kill(pid, signal.SIGKILL)",
    ].join("\n");
    expect((await exec(id, ["python3", "-c", program])).out).toBe("0\n");
  });
});

describe("what ends with a run", () => {
  test("whatever its program leaves running", async () => {
    const { out } = await exec(id, [
      "sh",
      "-c",
      'setsid sh -c "while sleep 0.05; do date +%N >>beat; done" & while ! [ -s beat ]; do sleep 0.02; done; cat beat',
    ]);
    expect(out).not.toBe("");
    const first = await exec(id, ["cat", "beat"]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await exec(id, ["cat", "beat"])).out).toBe(first.out);
  });
});

const Answer = z.object({ inherited: z.array(z.number()), found: z.string() });

test("a descriptor that this process got from its parent is not passed on", async () => {
  const secret = openSync("/etc/hostname", "r");
  const script = new URL("testing/inheriting-moorage.ts", import.meta.url).pathname;
  const stdio = ["ignore", "pipe", "inherit", ...Array.from({ length: 37 }, () => "ignore" as const), secret] as const;
  const child = spawn(process.execPath, [script], { stdio: [...stdio] });
  let text = "";
  child.stdout?.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await once(child, "close");
  const { inherited, found } = await eventually("the answer", async () =>
    text === "" ? undefined : Answer.parse(JSON.parse(text)),
  );
  expect(inherited).toContain(40);
  expect(found).not.toMatch(/hostname/);
  expect(found).toMatch(/^40 \/dev\/null$/m);
});
