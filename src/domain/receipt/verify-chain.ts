import { canonicalJson, type Json } from "../../base/canonical-json.ts";
import { sha256 } from "../../base/sha256.ts";
import type { ReceiptHead, ReceiptVerification } from "../../contracts/types.ts";
import type { ReceiptRow, ReceiptRows } from "../../store/store.ts";
import { headText, type ReceiptSigner } from "./receipt-signer.ts";

type Problem = ReceiptVerification["problems"][number];

const MAX_PROBLEMS = 100;

/** Walks the whole chain: finds any change, gap, reorder or cut-off end. */
export async function verifyChain(receipts: ReceiptRows, signer: ReceiptSigner): Promise<ReceiptVerification> {
  const problems: Problem[] = [];
  let previous: ReceiptRow | undefined;
  let count = 0;
  // Read before the walk: what others append meanwhile is then beyond the head, and not missing.
  const head = await receipts.head();
  let atHead: ReceiptRow | undefined;
  for await (const row of receipts.chain()) {
    count += 1;
    if (problems.length < MAX_PROBLEMS) problems.push(...linkProblems(row, previous, signer));
    if (row.sequence === head?.count) atHead = row;
    previous = row;
  }
  problems.push(...headProblems({ head, latest: await receipts.head(), atHead, last: previous }, signer));
  return { ok: problems.length === 0, count, publicKey: signer.publicKey, problems: problems.slice(0, MAX_PROBLEMS) };
}

function linkProblems(row: ReceiptRow, previous: ReceiptRow | undefined, signer: ReceiptSigner): Problem[] {
  const found: string[] = [];
  const expected = (previous?.sequence ?? 0) + 1;
  if (row.sequence !== expected) found.push(`expected receipt ${expected} here: one was removed or moved`);
  if (sha256(row.text) !== row.hash) found.push("the text was changed: it does not have the recorded hash");
  if (!signer.verify(row.hash, row.signature)) found.push("the signature does not hold");
  found.push(...bodyProblems(row, previous));
  return found.map((problem) => ({ sequence: row.sequence, problem }));
}

/** The columns beside the text are only an index of it, and must say the same. */
function bodyProblems(row: ReceiptRow, previous: ReceiptRow | undefined): string[] {
  const body = parsed(row.text);
  if (body === undefined) return ["the text is not canonical JSON"];
  const found: string[] = [];
  if (body["previous"] !== (previous?.hash ?? null)) found.push("it does not follow the receipt before it");
  if (body["sequence"] !== row.sequence || body["id"] !== row.id || body["owner"] !== row.owner) {
    found.push("its number, id or owner differs from its text");
  }
  if ((body["operation"] === "change") !== row.change) {
    found.push("its kind differs from its text");
  }
  return found;
}

function parsed(text: string): Readonly<Record<string, Json>> | undefined {
  try {
    const body = JSON.parse(text) as Readonly<Record<string, Json>>;
    return canonicalJson(body) === text ? body : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

type Ends = {
  readonly head: ReceiptHead | undefined;
  readonly latest: ReceiptHead | undefined;
  readonly atHead: ReceiptRow | undefined;
  readonly last: ReceiptRow | undefined;
};

function headProblems({ head, latest, atHead, last }: Ends, signer: ReceiptSigner): Problem[] {
  const found: string[] = [];
  if (head === undefined) {
    // Moorage writes the head with the first receipt, so both are there or neither is.
    if (last !== undefined && latest === undefined) found.push("the signed head is missing");
    return found.map((problem) => ({ sequence: null, problem }));
  }
  if (!signer.verify(headText(head), head.signature)) found.push("the signature of the head does not hold");
  if (atHead === undefined) found.push(`the head counts ${head.count} receipts; the end of the chain was cut off`);
  else if (atHead.hash !== head.hash) found.push("the last receipt is not the one that the head names");
  if ((last?.sequence ?? 0) > (latest?.count ?? 0)) found.push("there are receipts after the signed head");
  return found.map((problem) => ({ sequence: null, problem }));
}
