import { describe, expect, test } from "vitest";
import { printable } from "../output/text.ts";
import { seen, wide } from "../testing/seen.ts";

const DIGEST = `sha256:${"0".repeat(64)}`;
const MIB = 1024 * 1024;
const layer = (name: string, status: string, ...[current = null, total = null]: (number | null)[]) => ({
  ...{ type: "layer", layer: name, status },
  ...{ currentBytes: current, totalBytes: total },
});

async function* events(...told: object[]) {
  for (const event of told) yield await Promise.resolve(event);
}

const pulled = {
  type: "result",
  result: { reference: "ghcr.io/team/app:1", digest: DIGEST, imageId: DIGEST, sizeBytes: 80 * MIB, pulled: true },
};
const pushed = {
  type: "result",
  result: {
    ...{ reference: "registry.example/app:1", digest: DIGEST, imageId: DIGEST, sizeBytes: 80 * MIB },
    ...{ layersPushed: 2, layersReused: 5 },
  },
};

describe("image pull", () => {
  test("prints the digest alone, for scripts", async () => {
    const told = events(layer("a", "downloading", MIB, 2 * MIB), layer("a", "done"), pulled);
    expect(await seen(["image", "pull", "ghcr.io/team/app:1"], ["image.pull", told])).toMatchInlineSnapshot(`
      "sha256:0000000000000000000000000000000000000000000000000000000000000000
      2> ✔ Pulled ghcr.io/team/app:1 (80 MiB).
      "
    `);
    const same = events({ ...pulled, result: { ...pulled.result, pulled: false } });
    expect(await seen(["image", "pull", "ghcr.io/team/app:1"], ["image.pull", same])).toMatchInlineSnapshot(`
      "sha256:0000000000000000000000000000000000000000000000000000000000000000
      2> ✔ ghcr.io/team/app:1 is what its registry has (80 MiB).
      "
    `);
  });

  test("shows on a terminal how far all layers are, on one line", async () => {
    const told = events(
      layer("a", "waiting"),
      layer("b", "there"),
      layer("a", "downloading", MIB, 4 * MIB),
      layer("c", "downloading", 5 * MIB, 4 * MIB),
      layer("a", "extracting", MIB, 9 * MIB),
      layer("a", "done"),
      pulled,
    );
    const shown = await seen(["image", "pull", "ghcr.io/team/app:1"], ["image.pull", told], wide);
    expect(shown.split("\r").map(printable).join("\n")).toMatchInlineSnapshot(`
      "sha256:0000000000000000000000000000000000000000000000000000000000000000\\n2> … ░░░░░░░░░░░░░░░░░░░░  layers 0 of 1
      2> \\x1b[2K… ██████████░░░░░░░░░░  layers 1 of 2
      2> \\x1b[2K… █████░░░░░░░░░░░░░░░  1 MiB of 4 MiB  layers 1 of 2
      2> \\x1b[2K… ████████████░░░░░░░░  5 MiB of 8 MiB  layers 1 of 3
      2> \\x1b[2K… ████████████░░░░░░░░  5 MiB of 8 MiB  layers 1 of 3
      2> \\x1b[2K… ████████████████████  8 MiB of 8 MiB  layers 2 of 3
      2> \\x1b[2K✔ Pulled ghcr.io/team/app:1 (80 MiB).\\n"
    `);
  });

  test("is lines of JSON with --json", async () => {
    const told = events(layer("a", "there"), pulled);
    const shown = await seen(["image", "pull", "ghcr.io/team/app:1", "--json"], ["image.pull", told]);
    expect(shown).toMatchInlineSnapshot(`
      "{"currentBytes":null,"layer":"a","status":"there","totalBytes":null,"type":"layer"}
      {"result":{"digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000","imageId":"sha256:0000000000000000000000000000000000000000000000000000000000000000","pulled":true,"reference":"ghcr.io/team/app:1","sizeBytes":83886080},"type":"result"}
      "
    `);
  });
});

test("image push: the digest that the registry has confirmed, and what was sent", async () => {
  const told = events(layer("a", "uploading", MIB, 2 * MIB), layer("a", "done"), pushed);
  const argv = ["image", "push", "app:1", "registry.example/app:1"];
  expect(await seen(argv, ["image.push", told])).toMatchInlineSnapshot(`
    "sha256:0000000000000000000000000000000000000000000000000000000000000000
    2> ✔ Pushed registry.example/app:1 (80 MiB; layers: 2 sent, 5 there).
    "
  `);
});
