import type { AttachedOutput } from "./attached-output.ts";

/** The outputs that are being read, by container. */
export type LiveOutputs = {
  readonly track: (containerId: string, output: AttachedOutput) => void;
  /** Stops waiting for the readers of a container's outputs, which is about to be killed. */
  readonly release: (containerId: string) => void;
  /** Stops reading all of them. */
  readonly finish: () => Promise<void>;
};

export function createLiveOutputs(): LiveOutputs {
  const outputs = new Map<AttachedOutput, string>();
  return {
    track: (containerId, output) => {
      outputs.set(output, containerId);
      const forget = (): void => void outputs.delete(output);
      output.ended.then(forget, forget);
    },
    release: (containerId) => {
      for (const [output, owner] of outputs) if (owner === containerId) output.release();
    },
    finish: async () => {
      await Promise.all([...outputs.keys()].map((output) => output.close()));
    },
  };
}
