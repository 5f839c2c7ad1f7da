import type { ImageInfo } from "./image-info.ts";
import type { EngineLimits } from "./unit.ts";

export type BuildSpec = {
  readonly tag: string;
  /** The archive of the context, made anew for each attempt. */
  readonly context: (signal: AbortSignal | undefined) => AsyncIterable<Uint8Array>;
  /** Path of the Dockerfile in it. @default "Dockerfile" */
  readonly dockerfile?: string;
  /** Each instruction as the builder prints it, in order: a step is told only by the one that has to come. @default unknown */
  readonly instructions?: readonly string[];
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** The stage to build. @default the last one */
  readonly target?: string | undefined;
  /** Such as `linux/arm64`. @default the engine's own */
  readonly platform?: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** True: every step is done again. @default false */
  readonly noCache?: boolean;
  /** Of what each step runs. @default 2 GiB, no bound on processors */
  readonly limits?: Omit<EngineLimits, "pids"> & {
    /** ENGINE_UNSUPPORTED where there is a `processObstacle`. @default 1024 where there is none */
    readonly pids?: number | undefined;
  };
  /**
   * What its steps reach: with `open` what that policy lets through, with `none` nothing; where it cannot be kept the
   * build is ENGINE_UNSUPPORTED. @default what the engine gives to builds: for recipes that run nothing of others
   */
  readonly network?: "open" | "none";
  /**
   * True: an engine that makes a network for each build does so only where a step has to run, and begins again then.
   * For contexts that may be sent twice. @default false
   */
  readonly networkIfNeeded?: boolean;
};

/** What a build tells while it goes on. What a step prints is told as output, also where the builder says such. */
export type BuildEvent =
  /** A step begins; both count from 1. */
  | { readonly type: "step"; readonly step: number; readonly steps: number; readonly instruction: string }
  /** The step at work needed no work. */
  | { readonly type: "cached"; readonly step: number }
  /** Lines that were printed, without their ends; empty ones are left out. */
  | { readonly type: "output"; readonly lines: readonly string[] }
  /** The attempt failed for reasons of the network, and the build begins again after a pause. */
  | { readonly type: "retry"; readonly reason: string; readonly pauseMs: number };

export type BuiltImage = ImageInfo & {
  readonly steps: number;
  readonly cachedSteps: number;
};

export type BuildOptions = {
  readonly signal?: AbortSignal | undefined;
  /** Called in order, and waited for: who is slow slows the build down. */
  readonly onEvent?: ((event: BuildEvent) => void | Promise<void>) | undefined;
  /** Called after each attempt, also where it fails: the ids of nameless images that it left as cache. */
  readonly onLeft?: (imageIds: readonly string[]) => void;
};
