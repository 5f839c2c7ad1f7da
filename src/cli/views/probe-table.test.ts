import { expect, it } from "vitest";
import type { ProbeOutcome } from "../../contracts/types.ts";
import { createStyle } from "../output/style.ts";
import { probeTable } from "./probe-table.ts";

const layout = { style: createStyle(false), width: 100 };

function outcome(changes: Partial<ProbeOutcome>): ProbeOutcome {
  const place = { profile: "job", network: "none" } as const;
  return { ...place, probe: "mount", tries: "mount a file system", outcome: "held", message: "EPERM", ...changes };
}

const HELD = [
  outcome({}),
  outcome({ profile: "sandbox", network: "open" }),
  outcome({ profile: "sandbox", probe: "write-outside", tries: "write", outcome: "by_design", message: "wrote to /" }),
  outcome({ probe: "vsock", tries: "reach down", outcome: "not_tried", message: "the image has no python3" }),
];

it("shows each probe in each kind of sandbox, and tells what did not hold", () => {
  expect(probeTable(HELD, layout)).toMatchInlineSnapshot(`
    "PROBE          job/none   sandbox/open  sandbox/none
    mount          held       held          -
    write-outside  -          -             by design
    vsock          not tried  -             -

    ! write-outside by design: it tried to write; wrote to / (sandbox/none).
    ! vsock not tried: it tried to reach down; the image has no python3 (job/none).

    ✔ 2 probes held, 1 got what their sandbox grants, 1 were not tried.
    "
  `);
});

it("tells what got out, and where", () => {
  const broken = { outcome: "broken", message: "the call succeeded" } as const;
  const all = [outcome(broken), outcome({ ...broken, profile: "sandbox" }), outcome({ probe: "bpf" })];
  expect(probeTable(all, layout)).toMatchInlineSnapshot(`
    "PROBE  job/none  sandbox/none
    mount  BROKEN    BROKEN
    bpf    held      -

    ✖ mount BROKEN: it tried to mount a file system; the call succeeded (job/none, sandbox/none).

    ✖ 2 of 3 probes got out; 1 probes held, 0 got what their sandbox grants, 0 were not tried.
    "
  `);
});
