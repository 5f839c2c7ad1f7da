import { sleep } from "../base/deadline.ts";
import { isMoorageError, MoorageError } from "../base/errors.ts";
import type { Admit, Shown } from "../contracts/admission.ts";
import type { Platform } from "../contracts/platform.ts";

/** What stays open, of somebody who is shut out, ends so soon. */
export const ADMISSION_BEAT_MS = 5000;

/**
 * Asks on a beat whether the sender of a request may still do what they might when it came, until the function that
 * it answers is called. `refused` is called at most once: when they may not.
 */
export type StillAdmitted = (refused: (error: MoorageError) => void) => () => void;

type Admission = {
  readonly admit: Admit;
  readonly shown: Shown;
  /** What was answered when the request came. */
  readonly platform: Platform;
  readonly beatMs: number;
};

export function stillAdmitted(admission: Admission): StillAdmitted {
  return (refused) => {
    const stopping = new AbortController();
    const { signal } = stopping;
    const ask = async (): Promise<void> => {
      for (;;) {
        await sleep(admission.beatMs, signal);
        const refusal = signal.aborted ? undefined : await refusalOf(admission);
        if (signal.aborted) return;
        if (refusal !== undefined) return refused(refusal);
      }
    };
    void ask();
    return () => stopping.abort();
  };
}

async function refusalOf({ admit, shown, platform }: Admission): Promise<MoorageError | undefined> {
  try {
    const now = await admit({ ...shown, again: true });
    if (now === platform || (await rightsOf(now)) === (await rightsOf(platform))) return undefined;
  } catch (error) {
    // What cannot be looked up now is no refusal: the next beat asks again.
    return isMoorageError(error) && error.row.fault === "caller" ? error : undefined;
  }
  return new MoorageError("UNAUTHENTICATED", "What the sender of this request may do has changed since it came.", {
    hint: "Connect again: then it goes by what they may do now.",
  });
}

async function rightsOf(platform: Platform): Promise<string> {
  return JSON.stringify(await platform.auth.whoami({}));
}
