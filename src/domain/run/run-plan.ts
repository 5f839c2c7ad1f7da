import type { EngineRun } from "../../engine/engine.ts";
import type { ProfileName, Limits } from "../../contracts/types.ts";
import type { StdinFeed } from "./live/stdin-feed.ts";
import type { RunKind } from "../../store/store.ts";

/** What a run is, before it has begun. */
export type RunPlan = {
  readonly kind: RunKind;
  readonly runId: string;
  readonly sandboxId: string;
  readonly agentId: string | null;
  readonly command: readonly string[];
  readonly image: string | null;
  readonly imageDigest: string | null;
  readonly profile: ProfileName;
  readonly limits: Limits & { readonly timeoutMs: number };
  readonly network: string;
  readonly runtime: string | null;
  readonly workspacePath: string | null;
  readonly workspaceHandedOver: boolean;
  readonly workspaceBefore: string | null;
  /** Takes its input while it runs; undefined for a run without. */
  readonly stdin: StdinFeed | undefined;
  /**
   * Starts it on the engine; when it rejects, nothing is left there. Whoever has a handle before the program begins
   * tells it.
   */
  readonly start: (signal: AbortSignal, onHandle: (handle: string) => Promise<void>) => Promise<EngineRun>;
  /**
   * Ends what may be left of it, by the handle of its engine's, where nobody has seen its end; rejects while the engine
   * cannot tell or do it. May be asked again.
   */
  readonly endUnseen: (handle: string) => Promise<FoundEnd>;
  /** After its deadline: what was ended, and what goes on, as a half-sentence. */
  readonly extent: (unitStopped: boolean) => string;
  /** After the run has ended, before it is recorded; answers the hash of the workspace. */
  readonly finish: (unitStopped: boolean) => Promise<Finished>;
  /** After it was recorded: removes what only the run needed. Until then a crash of ours loses nothing. */
  readonly dispose: () => Promise<void>;
};

export type FoundEnd = {
  /** True where something of it was still there. */
  readonly lived: boolean;
  /** True where ending that took stopping the unit. */
  readonly unitStopped: boolean;
};

export type Finished = { readonly workspaceAfter: string | null; readonly warnings: readonly string[] };
