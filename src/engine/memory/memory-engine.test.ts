import {
  describeEngineConformance,
  describeRaceConformance,
  type ConformanceHarness,
  type ConformancePrograms,
} from "../conformance.ts";
import { createMemoryEngine, createMemoryHost } from "./memory-engine.ts";

const memoryPrograms: ConformancePrograms = {
  exit: (code) => ["exit", String(code)],
  print: (stdout, stderr) => ["print", stdout, stderr],
  printArguments: (...values) => ["print-arguments", ...values],
  cat: () => ["cat"],
  env: (name) => ["print-env", name],
  pwd: () => ["pwd"],
  uid: () => ["uid"],
  owner: (path) => ["owner", path],
  sleep: (seconds) => ["sleep", String(seconds), "ready"],
  trapTerm: (seconds) => ["stubborn", String(seconds), "ready"],
  forkTree: (path, seconds) => ["fork-tree", path, String(seconds)],
  leaveChild: (seconds) => ["leave-child", String(seconds)],
  leaveBeating: (path, seconds) => ["leave-beating", path, String(seconds)],
  tellSignals: (seconds, ...names) => ["tell-signals", String(seconds), ...names],
  watchTerminal: (seconds) => ["watch-terminal", String(seconds)],
  closeOutput: (seconds, code) => ["close-output", String(seconds), String(code)],
  killItself: () => ["kill-itself"],
  printForever: () => ["spam"],
  printBytes: (count) => ["spam", String(count)],
  rawBytes: (hex) => ["bytes", hex],
  writeFile: (path, text) => ["write", path, text],
  fillFile: (path, bytes) => ["fill", path, String(bytes)],
  readFile: (path) => ["read", path],
  link: (target, path) => ["link", target, path],
  swap: (path, name, target) => ["swap", path, name, target],
  allocate: (bytes) => ["allocate", String(bytes)],
  startChildren: (count) => ["start-children", String(count)],
  burn: (seconds) => ["burn", String(seconds)],
  serve: (port) => ["serve", String(port)],
  reach: (name, port) => ["reach", name, String(port)],
  missing: () => ["there-is-no-such-program"],
  notExecutable: () => ["/etc/passwd"],
};

const host = createMemoryHost();

const harness: ConformanceHarness = {
  open: (labels) => Promise.resolve(createMemoryEngine({ labels, host }).engine),
  baseSpec: () => ({ image: "busybox:latest" }),
  programs: memoryPrograms,
  supports: {
    images: true,
    workspaces: ["volume", "host", "memory"],
    confinement: false,
    cpuLimit: false,
    freezer: true,
    terminals: true,
    users: true,
    lostRuns: true,
    lastOutput: true,
    mainProcess: true,
    volumes: true,
    snapshots: true,
  },
  image: "busybox:latest",
  registry: () => Promise.resolve({ host: "registry.example", [Symbol.asyncDispose]: () => Promise.resolve() }),
  removeImage: (reference) => Promise.resolve(host.images.delete(reference)),
};

describeEngineConformance("memory", harness);
describeRaceConformance("memory", harness);
