import type { DockerfileBase } from "../../../contracts/types.ts";
import type { BuildEvent, BuildSpec } from "../../../engine/engine.ts";
import type { BuildRow } from "../../../store/store.ts";
import type { DomainContext } from "../../context.ts";
import type { LineOf } from "./failed-build.ts";

/** What a build is to be made of, and who is told. */
export type Building = {
  readonly context: DomainContext;
  readonly row: BuildRow;
  readonly spec: Omit<BuildSpec, "tag" | "limits" | "network">;
  /** What its stages begin with. */
  readonly bases: readonly string[];
  /** What the image begins with in the end: of its last stage, or of that which that begins with, and so on. */
  readonly final: DockerfileBase | undefined;
  /** All images that it names, and the last step that names one. */
  readonly named: { readonly references: readonly string[]; readonly lastStep: number };
  readonly lineOf: LineOf;
  /** The caller's. */
  readonly signal: AbortSignal;
  readonly onEvent: (event: BuildEvent) => Promise<void>;
  /** Called when it is ended from outside, at the latest: by its caller, its deadline, or a disk that is full. */
  readonly onEnding: () => void;
};
