export type ByteRange = { readonly offset: number; readonly length?: number };

/**
 * The part that a `Range` header asks for. Undefined where there is none, or one that may be passed over: another unit,
 * several parts, or a syntax that is none.
 */
export function parseRange(header: string | undefined): ByteRange | undefined {
  const [, first = "", last = ""] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "") ?? [];
  if (first === "") return last === "" || Number(last) === 0 ? undefined : { offset: -Number(last) };
  if (last === "") return { offset: Number(first) };
  const length = Number(last) - Number(first) + 1;
  return length < 1 ? undefined : { offset: Number(first), length };
}
