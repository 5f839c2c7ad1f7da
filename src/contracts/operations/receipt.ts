import { z } from "zod";
import { stream, unary } from "../operation.ts";
import { Id, page, PageInput } from "../primitives.ts";
import { Receipt, ReceiptExportEvent, ReceiptVerification } from "../receipt.ts";
import { readOnly } from "./bindings.ts";

export const receiptOperations = {
  list: unary({
    summary: "List your receipts, newest first.",
    http: { method: "get", path: "/v1/receipts" },
    cli: { command: "receipt ls" },
    mcp: readOnly,
    input: z.strictObject(PageInput),
    output: page(Receipt),
  }),
  get: unary({
    summary: "Read a receipt.",
    http: { method: "get", path: "/v1/receipts/{receiptId}" },
    cli: { command: "receipt get", positionals: ["receiptId"] },
    mcp: readOnly,
    input: z.strictObject({
      receiptId: Id.meta({ description: "A receipt's id, as a run's result and `receipt ls` tell it." }),
    }),
    output: Receipt,
  }),
  export: stream({
    summary: "Export the whole chain of receipts, its signed head last.",
    http: { method: "post", path: "/v1/receipts/export" },
    cli: { command: "receipt export", leaving: "It only looked on; nothing was changed." },
    access: "admin",
    input: z.strictObject({}),
    output: ReceiptExportEvent,
  }),
  verify: unary({
    summary: "Verify every receipt: signature, hash chain and signed head.",
    http: { method: "post", path: "/v1/receipts/verify" },
    cli: { command: "receipt verify" },
    mcp: readOnly,
    input: z.strictObject({}),
    output: ReceiptVerification,
  }),
} as const;
