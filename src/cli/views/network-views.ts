import { z } from "zod";
import { Network, NetworkDecision } from "../../contracts/network.ts";
import { page } from "../../contracts/primitives.ts";
import { Sandbox } from "../../contracts/sandbox.ts";
import { keyValues } from "../output/key-values.ts";
import { table, type TableLayout } from "../output/table.ts";
import { NOTHING, timeCell } from "./cells.ts";
import { view } from "./view.ts";

type Members = z.output<typeof Network>["members"];

/** The policy that joins it, for a script; people are told the rest beside it. */
export const networkEnsured = view(Network, ({ name, subnet, members }) => ({
  out: `net:${name}\n`,
  success: `Network ${name} is there (${subnet ?? "no addresses"}, ${count(members)}). Next: moorage run --network net:${name} -- COMMAND`,
}));

export const networkList = view(page(Network), ({ items }, layout) => {
  if (items.length === 0) return { note: "no networks yet; make one with `moorage network ensure NAME`." };
  const columns = [
    { header: "NAME", whole: true },
    { header: "MEMBERS", whole: true },
    { header: "SUBNET", whole: true },
    { header: "ENGINE" },
    { header: "CREATED" },
  ];
  const rows = items.map(({ name, members, subnet, engine, createdAt }) => [
    name,
    String(members.length),
    subnet ?? NOTHING,
    engine,
    timeCell(createdAt),
  ]);
  return { out: table(columns, rows, layout) };
});

export const networkDetails = view(Network, ({ id, name, owner, engine, subnet, createdAt, members }, layout) => {
  const values = keyValues(
    [
      ["Id", id],
      ["Name", name],
      ["Owner", owner],
      ["Engine", engine],
      ["Subnet", subnet ?? NOTHING],
      ["Created", timeCell(createdAt)],
      ["Members", members.length === 0 ? "none" : String(members.length)],
    ],
    layout,
  );
  return { out: members.length === 0 ? values : `${values}\n${memberTable(members, layout)}` };
});

export const networkRemoved = view(z.object({ name: z.string(), cutOff: z.array(z.string()) }), ({ name, cutOff }) => ({
  success: `Removed network ${name}${cutOff.length === 0 ? "" : `; without a network now: ${cutOff.join(", ")}`}.`,
}));

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

function memberTable(members: Members, layout: TableLayout): string {
  const columns = [
    { header: "ID", whole: true },
    { header: "KIND", whole: true },
    { header: "NAME" },
    { header: "STATE", whole: true },
    { header: "ADDRESS", whole: true },
  ];
  const rows = members.map(({ id, kind, name, state, address }) => [
    id,
    kind,
    name ?? NOTHING,
    state,
    address ?? NOTHING,
  ]);
  return table(columns, rows, layout);
}

function count(members: Members): string {
  return members.length === 1 ? "1 member" : `${members.length} members`;
}
