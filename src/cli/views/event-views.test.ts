import { expect, test } from "vitest";
import { seen } from "../testing/seen.ts";

const event = {
  id: "0000000000000008",
  time: "2026-01-02T03:04:05.678Z",
  owner: "alice",
  subject: { kind: "sandbox", id: "k3v9x2m7q1w8e5r4t6y0", name: "harbour" },
};

const events = [
  { type: "watching", id: "0000000000000000" },
  { type: "missed", id: "0000000000000007", count: null },
  { ...event, type: "sandbox.paused", facts: { from: "running", by: "idle", reason: null } },
  { ...event, type: "run.finished", subject: { ...event.subject, kind: "run", name: null }, facts: { exitCode: 3 } },
  { type: "missed", id: "0000000000000012", count: 1 },
  { type: "ended", reason: "The server is stopping." },
];

test("events are told by a line for each, and what is about them beside", async () => {
  expect(await seen(["events", "--filter", "sandbox.*"], ["event.watch", events])).toMatchInlineSnapshot(`
    "2026-01-02 03:04:05Z  sandbox.paused  alice  k3v9x2m7q1w8e5r4t6y0  harbour  from=running  by=idle
    2026-01-02 03:04:05Z  run.finished  alice  k3v9x2m7q1w8e5r4t6y0  exitCode=3
    2> warning: some events up to 0000000000000007 are not told here.
    2> warning: 1 event up to 0000000000000012 are not told here.
    2> note: The server is stopping.
    "
  `);
});

test("events are one JSON line each where they are asked for so", async () => {
  const lines = (await seen(["events", "--json"], ["event.watch", events])).trimEnd().split("\n");
  expect(lines.map((line): unknown => JSON.parse(line))).toEqual(events);
});
