import { MoorageError } from "../../base/errors.ts";
import type { Receipt, ReceiptBody } from "../../contracts/types.ts";
import type { Page, PageQuery, ReceiptRow } from "../../store/store.ts";
import type { Call, DomainContext } from "../context.ts";

export async function listReceipts({ context, principal }: Call, query: PageQuery): Promise<Page<Receipt>> {
  const { items, nextCursor } = await context.store.receipts.list(principal.owner, query);
  return { items: items.map(receiptView), nextCursor };
}

/** Who did what: everybody's, or one user's with what the user's agents did. */
export async function listAudit(
  { context }: Call,
  { user, ...query }: PageQuery & { readonly user: string | undefined },
): Promise<Page<Receipt>> {
  const { items, nextCursor } = await context.store.receipts.audit(user, query);
  return { items: items.map(receiptView), nextCursor };
}

export async function getReceipt({ context, principal }: Call, id: string): Promise<Receipt> {
  const row = await context.store.receipts.find(principal.owner, id);
  if (row !== undefined) return receiptView(row);
  throw new MoorageError("NOT_FOUND", `You have no receipt "${id}".`, {
    hint: "List yours with `moorage receipt ls`.",
  });
}

/** The chain in its order, then its head: enough to verify it elsewhere. Nothing is left out, or the chain would break. */
export async function* exportReceipts({ store, signer }: DomainContext) {
  const head = await store.receipts.head();
  for await (const row of store.receipts.chain()) {
    if (row.sequence > (head?.count ?? 0)) break;
    yield { type: "receipt" as const, receipt: receiptView(row) };
  }
  if (head !== undefined) yield { type: "head" as const, head, publicKey: signer.publicKey };
}

function receiptView(row: ReceiptRow): Receipt {
  return { ...(JSON.parse(row.text) as ReceiptBody), hash: row.hash, signature: row.signature };
}
