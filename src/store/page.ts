/** A page: newest first; `nextCursor` is null on the last one. */
export type Page<T> = { readonly items: readonly T[]; readonly nextCursor: string | null };
export type PageQuery = { readonly limit: number; readonly cursor?: string | undefined };
