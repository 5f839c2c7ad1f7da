/** The kernel takes 32 pages, 128 KiB, for one argument or one `NAME=value`, its final NUL included. */
export const MAX_ARGUMENT_BYTES = 128 * 1024 - 1;

/** The kernel takes a quarter of the stack's 8 MiB for all of them; the rest is for what an image and a shell add. */
export const MAX_ARGUMENTS_BYTES = 1_900_000;

const POINTER_BYTES = 8;

/** What the kernel counts: each text with its NUL and the pointer to it. */
export function argumentsBytes(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 1 + POINTER_BYTES, 0);
}
