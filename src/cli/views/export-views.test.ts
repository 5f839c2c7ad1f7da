import { describe, expect, test } from "vitest";
import { printable } from "../output/text.ts";
import { page, seen, wide } from "../testing/seen.ts";

const MIB = 1024 * 1024;
const DIGEST = `sha256:${"0".repeat(64)}`;
const COMMIT = 'The image is a commit of the sandbox "demo".';

const started = (service: string) => ({
  ...{ type: "started", exportId: "e3v9x2m7q1w8e5r4t6y0", service },
  reference: `ghcr.io/team/demo-${service}:1.2`,
});
const layer = (service: string, status: string, [current, total]: readonly (number | null)[] = [null, null]) => ({
  ...{ type: "layer", service, layer: "a", status, currentBytes: current, totalBytes: total },
});
const ended = (service: string, change: object = {}) => ({
  exportId: "e3v9x2m7q1w8e5r4t6y0",
  ...{ service, status: "succeeded", image: `agent-env:${service}`, sandboxId: null },
  ...{ reference: `ghcr.io/team/demo-${service}:1.2`, digestReference: `ghcr.io/team/demo-${service}:000000000000` },
  ...{ digest: DIGEST, sizeBytes: 80 * MIB, layersPushed: 2, layersReused: 5, warnings: [], failure: null },
  ...{ durationMs: 2500, engine: "docker", isolation: "container", createdAt: "2026-01-02T03:04:05.678Z" },
  ...{ receiptId: "r3v9x2m7q1w8e5r4t6y0", ...change },
});
const failure = { code: "REGISTRY_DENIED", message: "The registry ghcr.io denies it.", hint: "Log in." };
const denied = ended("db", {
  ...{ status: "failed", digestReference: null, digest: null, sizeBytes: null, layersPushed: null },
  ...{ layersReused: null, failure },
});

async function* events(...told: object[]) {
  for (const event of told) yield await Promise.resolve(event);
}

const argv = ["image", "export", "--image", "web=agent-env:web", "--sandbox", "db=demo"];
const told = () =>
  events(
    started("web"),
    started("db"),
    { type: "warning", service: "db", message: COMMIT },
    layer("web", "uploading", [MIB, 4 * MIB]),
    layer("db", "uploading", [MIB, 4 * MIB]),
    layer("web", "done"),
    { type: "ended", service: "web", export: ended("web") },
    layer("db", "uploading", [3 * MIB, 4 * MIB]),
    { type: "ended", service: "db", export: denied },
    { type: "result", result: { ok: false, exported: { web: ended("web") }, failed: { db: denied } } },
  );

describe("image export", () => {
  test("prints a line for each service that was pushed, and tells of the others", async () => {
    expect(await seen(argv, ["image.export", told()])).toMatchInlineSnapshot(`
      "web ghcr.io/team/demo-web:1.2@sha256:0000000000000000000000000000000000000000000000000000000000000000
      2> warning: db: The image is a commit of the sandbox "demo".
      2> ✔ Pushed ghcr.io/team/demo-web:1.2 and ghcr.io/team/demo-web:000000000000 (80 MiB, 2 layers sent, 5 there already).
      2> warning: db was not exported: The registry ghcr.io denies it. Log in. See \`moorage image export-log e3v9x2m7q1w8e5r4t6y0\`.
      exit 1"
    `);
  });

  test("shows on a terminal how far all services are that go on, on one line", async () => {
    const shown = await seen(argv, ["image.export", told()], wide);
    expect(shown.split("\r").map(printable).join("\n")).toMatchInlineSnapshot(`
      "web ghcr.io/team/demo-web:1.2@sha256:0000000000000000000000000000000000000000000000000000000000000000\\n2> … web
      2> \\x1b[2K… web, db
      2> \\x1b[2Kwarning: db: The image is a commit of the sandbox "demo".\\n2> … web, db: █████░░░░░░░░░░░░░░░  1 MiB of 4 MiB  layers 0 of 1
      2> \\x1b[2K… web, db: █████░░░░░░░░░░░░░░░  2 MiB of 8 MiB  layers 0 of 2
      2> \\x1b[2K… web, db: ████████████░░░░░░░░  5 MiB of 8 MiB  layers 1 of 2
      2> \\x1b[2K✔ Pushed ghcr.io/team/demo-web:1.2 and ghcr.io/team/demo-web:000000000000 (80 MiB, 2 layers sent, 5 there already).\\n2> … db: █████████████████░░░  7 MiB of 8 MiB  layers 1 of 2
      2> \\x1b[2Kwarning: db was not exported: The registry ghcr.io denies it. Log in. See \`moorage image export-log\\n2>          e3v9x2m7q1w8e5r4t6y0\`.\\nexit 1"
    `);
  });

  test("tells of one that was canceled", async () => {
    const canceled = { ...denied, status: "canceled", failure: null };
    const last = { type: "result", result: { ok: false, exported: {}, failed: { db: canceled } } };
    const one = events(started("db"), { type: "ended", service: "db", export: canceled }, last);
    expect(await seen(argv, ["image.export", one])).toMatchInlineSnapshot(`
      "2> warning: db was not exported: it was canceled. See \`moorage image export-log e3v9x2m7q1w8e5r4t6y0\`.
      exit 1"
    `);
  });

  test("is lines of JSON with --json", async () => {
    const one = events(started("web"), { type: "result", result: { ok: true, exported: {}, failed: {} } });
    expect(await seen([...argv, "--json"], ["image.export", one])).toMatchInlineSnapshot(`
      "{"exportId":"e3v9x2m7q1w8e5r4t6y0","reference":"ghcr.io/team/demo-web:1.2","service":"web","type":"started"}
      {"result":{"exported":{},"failed":{},"ok":true},"type":"result"}
      "
    `);
  });
});

test("image exports: what became of each", async () => {
  expect(await seen(["image", "exports"], ["image.exports", page(ended("web"), denied)])).toMatchInlineSnapshot(`
    "EXPORT                SERVICE  STATUS       SIZE   TOOK  BEGUN                 TO                         DIGEST
    e3v9x2m7q1w8e5r4t6y0  web      succeeded  80 MiB  2.5 s  2026-01-02 03:04:05Z  ghcr.io/team/demo-web:1.2  sha256:0000000000000000000000000000000000000000000000000000000000000000
    e3v9x2m7q1w8e5r4t6y0  db       failed          -  2.5 s  2026-01-02 03:04:05Z  ghcr.io/team/demo-db:1.2   -
    "
  `);
  expect(await seen(["image", "exports"], ["image.exports", page()])).toMatchInlineSnapshot(`
    "2> note: no exports yet; \`moorage image export\` makes one.
    "
  `);
});

test("image export-log: the text, and where it goes on", async () => {
  const log = { exportId: "e3v9x2m7q1w8e5r4t6y0", status: "succeeded", text: "Layer a: done\n", nextOffset: 14 };
  const read = (complete: boolean) =>
    seen(["image", "export-log", log.exportId], ["image.exportLog", { ...log, complete }]);
  expect(await read(true)).toMatchInlineSnapshot(`
    "Layer a: done
    "
  `);
  expect(await read(false)).toMatchInlineSnapshot(`
    "Layer a: done
    2> note: there is more, or it goes on: read on with --offset 14.
    "
  `);
});
