import type { CallOptions } from "../../contracts/platform.ts";
import type { SandboxRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";

/** A call on the files of one sandbox. */
export type FileCall = {
  readonly context: DomainContext;
  readonly sandbox: SandboxRow;
  readonly signal: AbortSignal | undefined;
};

/** Finds the sandbox that a call names, for whoever calls. */
export type FilesOf = (id: string, options: CallOptions | undefined) => Promise<FileCall>;
