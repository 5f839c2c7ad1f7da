import type { Engine, RunSignal, UnitKind, UnitSpec, Workspace } from "../engine.ts";
import type { UnitLabels } from "../unit-labels.ts";

type Command = readonly string[];

/** Programs that the suite runs, as argument vectors. What they print ends without a newline unless it says so. */
export type ConformancePrograms = {
  /** Ends with this code, 0 to 255. */
  readonly exit: (code: number) => Command;
  /** Prints the first to stdout, then the second to stderr. */
  readonly print: (stdout: string, stderr: string) => Command;
  /** Prints each argument followed by a NUL. */
  readonly printArguments: (first: string, ...rest: string[]) => Command;
  /** Copies stdin to stdout until its end. */
  readonly cat: () => Command;
  /** Prints the variable and a newline; ends with 1 when it is not set. */
  readonly env: (name: string) => Command;
  /** Prints the working directory and a newline. */
  readonly pwd: () => Command;
  /** Prints the numeric user and a newline. */
  readonly uid: () => Command;
  /** Prints `uid:gid` of the owner of a file and a newline. */
  readonly owner: (path: string) => Command;
  /** Prints "ready", waits, and dies of TERM as programs do by default. */
  readonly sleep: (seconds: number) => Command;
  /** Prints "ready" and waits; TERM does nothing to it. */
  readonly trapTerm: (seconds: number) => Command;
  /**
   * Prints "ready", then waits, deaf to TERM, while a descendant that left its session and its parent by a double fork,
   * just as deaf, writes a growing number to `path` every 100 ms or oftener.
   */
  readonly forkTree: (path: string, seconds: number) => Command;
  /** Prints "started" and ends with 0, leaving a child behind that holds stdout open. */
  readonly leaveChild: (seconds: number) => Command;
  /**
   * Ends with 0, leaving a descendant behind that left its session and its parent by a double fork, and that writes a
   * growing number to `path` every 100 ms or oftener.
   */
  readonly leaveBeating: (path: string, seconds: number) => Command;
  /** Prints "ready", then on each of these signals its name, each on a line; waits otherwise. */
  readonly tellSignals: (seconds: number, ...names: RunSignal[]) => Command;
  /** Prints rows and columns of its terminal with a space between, on a line, at first and whenever they change. */
  readonly watchTerminal: (seconds: number) => Command;
  /** Closes its own output, lives on for a while, and ends with this code. */
  readonly closeOutput: (seconds: number, code: number) => Command;
  /** Ends itself by the signal KILL. */
  readonly killItself: () => Command;
  /** Prints without end, as fast as it can. */
  readonly printForever: () => Command;
  /** Prints exactly this many bytes. */
  readonly printBytes: (count: number) => Command;
  /** Prints these bytes. */
  readonly rawBytes: (hex: string) => Command;
  /** Replaces the file's content; ends with another code than 0 when it cannot be written. */
  readonly writeFile: (path: string, text: string) => Command;
  /** Makes a file of this many bytes; ends with another code than 0 when there is no room. */
  readonly fillFile: (path: string, bytes: number) => Command;
  /** Prints the file; ends with another code than 0 when it cannot be read. */
  readonly readFile: (path: string) => Command;
  /** Makes a symbolic link at `path`. */
  readonly link: (target: string, path: string) => Command;
  /**
   * Prints "ready", then puts at `path`, in turn and as fast as it can, a directory with a file of that name, which says
   * "inside", and a symbolic link to `target`.
   */
  readonly swap: (path: string, name: string, target: string) => Command;
  /** Uses this much memory, then ends with 0. */
  readonly allocate: (bytes: number) => Command;
  /** Starts children that live for 5 s, printing the number of each that did start on a line; stops at the first failure. */
  readonly startChildren: (count: number) => Command;
  /** Keeps one processor busy for this long, then prints the processor time that it got, in 1/100 s. */
  readonly burn: (seconds: number) => Command;
  /** Prints "serving" and a newline and accepts TCP connections on this port, until it is ended. */
  readonly serve: (port: number) => Command;
  /** Connects to a TCP port of another unit; ends with another code than 0, within 10 s, when nobody answers. */
  readonly reach: (name: string, port: number) => Command;
  /** A program that does not exist. */
  readonly missing: () => Command;
  /** Something that exists but cannot be executed. */
  readonly notExecutable: () => Command;
};

/** What an engine can do. What it cannot, the suite does not skip: it expects the refusal. */
export type ConformanceSupport = {
  /** False: `images` is absent and a spec with an image is ENGINE_UNSUPPORTED. */
  readonly images: boolean;
  /** Workspaces of jobs; others are ENGINE_UNSUPPORTED. */
  readonly workspaces: readonly Workspace["type"][];
  /** True: the kernel keeps programs apart (no capabilities, no network, limits). False: the engine says isolation "none". */
  readonly confinement: boolean;
  /** True: a processor share is enforced. False: `info` warns that it is not. */
  readonly cpuLimit: boolean;
  /** False: `freezer` is absent, or tells its obstacle and pausing is ENGINE_UNSUPPORTED. */
  readonly freezer: boolean;
  /** Terminals, and other users than the unit's; without them both are ENGINE_UNSUPPORTED. */
  readonly terminals: boolean;
  readonly users: boolean;
  /** False: a run ends together with its Moorage, so that none can be lost. */
  readonly lostRuns: boolean;
  /** False: `snapshots` is absent. */
  readonly snapshots: boolean;
  /** False: `volumes` is absent, and a workspace in one is ENGINE_UNSUPPORTED. */
  readonly volumes: boolean;
  /** True: a sandbox can have a program of its own as its main process. False: that is ENGINE_UNSUPPORTED. */
  readonly mainProcess: boolean;
  /** True: `lastOutput` has what an ended job printed. False: it is empty. */
  readonly lastOutput: boolean;
  /** Paths of host workspaces that are ENGINE_UNSUPPORTED here. @default none */
  readonly refusedWorkspaces?: RegExp;
  /** Paths of single files that are ENGINE_UNSUPPORTED to download here. @default none */
  readonly refusedDownloads?: RegExp;
  /** False: the processes of a build's steps cannot be bounded, and a build that asks for it is ENGINE_UNSUPPORTED. @default true */
  readonly buildProcesses?: boolean;
  /** False: nobody tells that memory ended a job, and `info` warns so. @default true */
  readonly jobMemoryTold?: boolean;
};

export type ConformanceHarness = {
  /** An engine for the units of these labels. Several are open at a time, on the same host, also with equal labels. */
  readonly open: (labels: UnitLabels) => Promise<Engine>;
  /** What units need on this engine, such as an image; goes before the suite's own defaults. */
  readonly baseSpec: (kind: UnitKind) => Partial<UnitSpec>;
  readonly programs: ConformancePrograms;
  readonly supports: ConformanceSupport;
  /** An image reference that is there already; needed where images are supported. */
  readonly image?: string;
  /**
   * A registry that the engine reaches and that takes everything from everybody. Without one the engine cannot push, and
   * the suite expects that it says so.
   */
  readonly registry?: () => Promise<AsyncDisposable & { readonly host: string }>;
  /** Removes an image that the suite built. */
  readonly removeImage?: (reference: string) => Promise<unknown>;
};
