import { describe, expect, test } from "vitest";
import type { Snapshot } from "../../contracts/types.ts";
import { sampleSandbox } from "../testing/samples.ts";
import { page, seen, wide } from "../testing/seen.ts";

const snapshot: Snapshot = {
  id: "s1234567890123456789",
  name: "ready",
  comment: "With the tools",
  owner: "root",
  sandboxId: "k3v9x2m7q1w8e5r4t6y0",
  image: "python:3.11-slim",
  digest: `sha256:${"0".repeat(64)}`,
  dependencies: [],
  packageManager: null,
  sizeBytes: 12_345_678,
  engine: "docker",
  createdAt: "2026-01-02T03:04:05.678Z",
  sandboxes: ["a1234567890123456789"],
};

describe("snapshots", () => {
  test("sandbox snapshot and fork: the id alone on stdout, for scripts", async () => {
    const argv = ["sandbox", "snapshot", "demo"];
    expect(await seen(argv, ["sandbox.snapshot", { ...snapshot, sandboxes: [] }])).toMatchInlineSnapshot(`
      "s1234567890123456789
      2> ✔ Snapshot ready is taken (11.8 MiB). Next: moorage sandbox create --snapshot ready
      "
    `);
    const fork = sampleSandbox({ name: null, forkOf: "a1234567890123456789" });
    expect(await seen(["sandbox", "fork", "demo"], ["sandbox.fork", fork])).toMatchInlineSnapshot(`
      "k3v9x2m7q1w8e5r4t6y0
      2> ✔ Sandbox k3v9x2m7q1w8e5r4t6y0 is running (python:3.11-slim, docker). Next: moorage sandbox exec k3v9x2m7q1w8e5r4t6y0 -- COMMAND
      "
    `);
  });

  test("snapshot ls", async () => {
    const plain = { ...snapshot, id: "t1234567890123456789", name: null, comment: null, sandboxes: [] };
    const list = page(snapshot, plain);
    expect(await seen(["snapshot", "ls"], ["snapshot.list", list], { ...wide, columns: 160 })).toMatchInlineSnapshot(`
      "ID                    NAME   OF                    IMAGE             SIZE      SANDBOXES  CREATED               COMMENT
      s1234567890123456789  ready  k3v9x2m7q1w8e5r4t6y0  python:3.11-slim  11.8 MiB  1          2026-01-02 03:04:05Z  With the tools
      t1234567890123456789  -      k3v9x2m7q1w8e5r4t6y0  python:3.11-slim  11.8 MiB  0          2026-01-02 03:04:05Z  -
      "
    `);
    expect(await seen(["snapshot", "ls"], ["snapshot.list", page()])).toMatchInlineSnapshot(`
      "2> note: no snapshots yet; take one with \`moorage sandbox snapshot\`.
      "
    `);
  });

  test("snapshot get and rm", async () => {
    expect(await seen(["snapshot", "get", "ready"], ["snapshot.get", snapshot])).toMatchInlineSnapshot(`
      "Id            s1234567890123456789
      Name          ready
      Comment       With the tools
      Owner         root
      Taken of      k3v9x2m7q1w8e5r4t6y0
      Image         python:3.11-slim
      Digest        sha256:0000000000000000000000000000000000000000000000000000000000000000
      Dependencies  -
      Engine        docker
      Size          11.8 MiB beside the image
      Sandboxes     a1234567890123456789
      Created       2026-01-02 03:04:05Z
      "
    `);
    const removed = { id: snapshot.id, removed: true };
    expect(await seen(["snapshot", "rm", "ready"], ["snapshot.remove", removed])).toMatchInlineSnapshot(`
      "2> ✔ Removed snapshot s1234567890123456789.
      "
    `);
  });
});
