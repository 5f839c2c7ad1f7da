import { NetworkDecision } from "../../contracts/network.ts";
import { page } from "../../contracts/primitives.ts";
import { Sandbox } from "../../contracts/sandbox.ts";
import { table } from "../output/table.ts";
import { NOTHING, timeCell } from "./cells.ts";
import { view } from "./view.ts";

export const networkSet = view(Sandbox, ({ id, name, network }) => ({
  success: `The allow list of sandbox ${name ?? id} is ${network.replace("allow:", "")} now.`,
}));

export const networkLog = view(page(NetworkDecision), ({ items }, layout) => {
  if (items.length === 0) return { note: "the egress proxy has decided nothing for it yet." };
  const columns = [
    { header: "TIME", whole: true },
    { header: "HOST" },
    { header: "DECISION", whole: true },
    { header: "OUTCOME" },
    { header: "REASON" },
  ];
  const rows = items.map(({ at, host, port, allowed, outcome, reason }) => [
    timeCell(at),
    `${host}:${port}`,
    allowed ? "allowed" : "refused",
    outcome ?? NOTHING,
    reason ?? NOTHING,
  ]);
  return { out: table(columns, rows, layout) };
});
