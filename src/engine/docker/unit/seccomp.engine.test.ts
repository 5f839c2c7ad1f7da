import { afterAll, beforeAll, expect, test } from "vitest";
import { openDockerFixture, printed, type DockerFixture } from "../docker-fixture.ts";

const MIB = 1024 * 1024;
const PACKAGE_CAPABILITIES = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETFCAP", "SETGID", "SETUID"];

let docker: DockerFixture;
beforeAll(() => {
  docker = openDockerFixture();
});
afterAll(() => docker[Symbol.asyncDispose]());

const CALLS = String.raw`
import ctypes, errno, platform, socket
libc = ctypes.CDLL(None, use_errno=True)
arm = platform.machine() == "aarch64"
def call(name, x64, arm64, *args):
    ctypes.set_errno(0)
    libc.syscall(arm64 if arm else x64, *args)
    print(name, errno.errorcode.get(ctypes.get_errno(), "ok"))
def family(name, number, protocol=0, kind=socket.SOCK_DGRAM):
    try:
        socket.socket(number, kind, protocol).close()
        print(name, "ok")
    except OSError as error:
        print(name, errno.errorcode[error.errno])
family("vsock", 40, 0, socket.SOCK_STREAM)
family("packet", 17)
family("netfilter", 16, 12)
family("route", 16)
family("inet", 2)
call("io_uring", 425, 425, 1, 0)
call("clone3", 435, 435, 0, 0)
call("unshare", 272, 97, 0x10000000)
call("clone", 56, 220, 0x10000011, 0, 0, 0, 0)
call("bpf", 321, 280, 0, 0, 0)
call("keyctl", 250, 219, 0, -3, 0)
call("perf", 298, 241, 0, 0, 0)
call("mount", 165, 40, 0, 0, 0, 0, 0)
call("ptrace of init", 101, 117, 16, 1, 0, 0)
call("getpid", 39, 172)
`;

test("calls that reach past a unit are refused, and those of ordinary programs are not", async () => {
  const { run } = await docker.job(["python3", "-c", CALLS], { image: "python:3.11-slim" });
  const { out, err } = await printed(run);
  expect({ out: out.trim().split("\n"), err }).toEqual({
    out: [
      ...["vsock EAFNOSUPPORT", "packet EAFNOSUPPORT", "netfilter EPERM", "route ok", "inet ok"],
      ...[
        "io_uring ENOSYS",
        "clone3 ENOSYS",
        "unshare EPERM",
        "clone EPERM",
        "bpf EPERM",
        "keyctl EPERM",
        "perf EPERM",
      ],
      ...["mount EPERM", "ptrace of init EPERM", "getpid ok"],
    ],
    err: "",
  });
});

const PYTHON = String.raw`
set -e
mkdir -p /workspace/p/hello && cd /workspace/p
echo 'def say(): return "ahoy"' > hello/__init__.py
printf 'from setuptools import setup\nsetup(name="hello", version="1", packages=["hello"])\n' > setup.py
python3 -m venv --system-site-packages /workspace/v
/workspace/v/bin/python -m pip install --quiet --no-index --no-build-isolation --disable-pip-version-check . 2>&1
cd /workspace && /workspace/v/bin/python -c '
import asyncio, concurrent.futures, hello, multiprocessing, subprocess, tempfile
async def main():
    server = await asyncio.start_server(lambda r, w: (w.write(b"x"), w.close()), "127.0.0.1", 0)
    reader, _ = await asyncio.open_connection(*server.sockets[0].getsockname())
    return await reader.read()
with concurrent.futures.ProcessPoolExecutor(2) as pool: numbers = list(pool.map(abs, [-1, -2]))
print(hello.say(), numbers, asyncio.run(main()), subprocess.run(["echo", "sub"], capture_output=True).stdout)
'
`;

test("python, pip, venv, processes, threads and sockets work", async () => {
  const limits = { memoryBytes: 512 * MIB, cpus: 2, pids: 128 };
  const id = await docker.sandbox({ image: "python:3.11-slim", capabilities: PACKAGE_CAPABILITIES, limits });
  const { out, err } = await docker.shell(id, PYTHON);
  expect({ last: out.trim().split("\n").at(-1), err }).toEqual({
    last: "ahoy [1, 2] b'x' b'sub\\n'",
    err: expect.any(String) as string,
  });
});

const NODE = String.raw`
set -e
mkdir -p /workspace/lib /workspace/app
echo '{"name":"lib","version":"1.0.0"}' > /workspace/lib/package.json
echo 'module.exports = "ahoy"' > /workspace/lib/index.js
cd /workspace/app && echo '{"name":"app","version":"1.0.0"}' > package.json
npm install --offline --no-audit --no-fund --loglevel=error ../lib >/dev/null
node -e '
const { Worker } = require("node:worker_threads");
const http = require("node:http");
const { execFileSync } = require("node:child_process");
const server = http.createServer((_, answer) => answer.end("served")).listen(0, "127.0.0.1", async () => {
  const text = await (await fetch("http://127.0.0.1:" + server.address().port)).text();
  new Worker("require(\"node:worker_threads\").parentPort.postMessage(42)", { eval: true }).once("message", (number) => {
    console.log(require("lib"), text, number, execFileSync("echo", ["sub"]).toString().trim());
    server.close();
  });
});'
`;

test("node, npm, workers and fetch work", async () => {
  const limits = { memoryBytes: 512 * MIB, cpus: 2, pids: 128 };
  const id = await docker.sandbox({ image: "node:20-alpine", capabilities: PACKAGE_CAPABILITIES, limits });
  expect(await docker.shell(id, NODE)).toMatchObject({ out: "ahoy served 42 sub\n", exit: { exitCode: 0 } });
});

const APT = String.raw`
set -e
mkdir -p /tmp/d/DEBIAN /tmp/d/usr/bin
printf 'Package: ahoy\nVersion: 1\nArchitecture: all\nMaintainer: a <a@a.invalid>\nDescription: test\n' > /tmp/d/DEBIAN/control
printf '#!/bin/sh\nset -e\nchown daemon:daemon /usr/bin/ahoy\n' > /tmp/d/DEBIAN/postinst
printf '#!/bin/sh\necho ahoy\n' > /tmp/d/usr/bin/ahoy
chmod 755 /tmp/d/DEBIAN/postinst /tmp/d/usr/bin/ahoy
dpkg-deb --build /tmp/d /tmp/ahoy.deb >/dev/null
DEBIAN_FRONTEND=noninteractive apt-get install -y /tmp/ahoy.deb >/tmp/log 2>&1 || { cat /tmp/log; exit 1; }
ahoy; stat -c %U /usr/bin/ahoy
`;

test("apt and dpkg install packages", async () => {
  const limits = { memoryBytes: 512 * MIB, cpus: 2, pids: 128 };
  const id = await docker.sandbox({ image: "debian:bookworm-slim", capabilities: PACKAGE_CAPABILITIES, limits });
  expect(await docker.shell(id, APT)).toMatchObject({ out: "ahoy\ndaemon\n", exit: { exitCode: 0 } });
});
