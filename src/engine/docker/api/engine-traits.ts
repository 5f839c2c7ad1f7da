import type { z } from "zod";
import type { VersionReply } from "./replies.ts";

/** In what engines that speak Docker's API differ, told from what the engine says of itself and nowhere else. */
export type EngineTraits = {
  /** As people call it, such as "Docker Engine" or "Podman". */
  readonly product: "Docker Engine" | "Podman";
  readonly version: string;
  /**
   * What goes before a command so that everything it starts stays below it: the init program that the engine puts into
   * every container, once more.
   */
  readonly subreaper: readonly string[];
  /** Whether an event tells that the kernel ended a process for memory. */
  readonly tellsMemory: boolean;
  /** Whether a container may name the runtime that starts it; else its name would be passed over in silence. */
  readonly choosesRuntime: boolean;
  /** Whether its builder tells in which container a step runs, by which the step can be held to more than it was given. */
  readonly namesSteps: boolean;
  /** Whether it can be asked what a registry has. */
  readonly asksRegistries: boolean;
};

/** The traits of the engine that gave this answer to `/version`. */
export function engineTraits(reply: z.infer<typeof VersionReply>): EngineTraits {
  const isPodman = (reply.Components ?? []).some(({ Name }) => Name === "Podman Engine");
  return isPodman
    ? {
        product: "Podman",
        version: reply.Version,
        subreaper: ["/run/podman-init", "--"],
        tellsMemory: false,
        choosesRuntime: false,
        namesSteps: false,
        asksRegistries: false,
      }
    : {
        product: "Docker Engine",
        version: reply.Version,
        subreaper: ["/sbin/docker-init", "-s", "--"],
        tellsMemory: true,
        choosesRuntime: true,
        namesSteps: true,
        asksRegistries: true,
      };
}
