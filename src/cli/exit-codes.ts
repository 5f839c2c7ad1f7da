/** Exit codes that are the command line's own; those of errors are in the table of error codes. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  /** The deadline of a run was reached. */
  deadline: 124,
  /** Of commands that run a program: Moorage or the engine failed, so that the program's own codes stay its own. */
  notRun: 125,
  /** Ctrl-C. */
  interrupted: 130,
  /** The reader of the output has left: as of a program that the kernel ends for it. */
  brokenPipe: 141,
} as const;
