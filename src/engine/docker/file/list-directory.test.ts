import { expect, test } from "vitest";
import { failureOf } from "../docker-fixture.ts";
import { parseListing } from "./list-directory.ts";

test("batches of facts and names, whatever the names hold", () => {
  const listing = Buffer.concat([
    Buffer.from("2\n81a4 5 1700000000 1700000004 7\n41ed 4096 1700000001 1700000005 8\n./line\nbreak\0./in/ dir \0"),
    Buffer.from("2\na1ff 3 1700000002 1700000006 9\n1180 0 1700000003 1700000007 10\nlink\0"),
    Buffer.from([0xff, 0x41, 0]),
  ]);
  expect(parseListing(listing)).toEqual([
    {
      path: "in/ dir ",
      name: " dir ",
      type: "directory",
      sizeBytes: 4096,
      mode: 0o755,
      modifiedAt: 1_700_000_001_000,
      changedAt: 1_700_000_005_000,
      identity: "8",
    },
    {
      path: "line\nbreak",
      name: "line\nbreak",
      type: "file",
      sizeBytes: 5,
      mode: 0o644,
      modifiedAt: 1_700_000_000_000,
      changedAt: 1_700_000_004_000,
      identity: "7",
    },
    {
      path: "link",
      name: "link",
      type: "symlink",
      sizeBytes: 3,
      mode: 0o777,
      modifiedAt: 1_700_000_002_000,
      changedAt: 1_700_000_006_000,
      identity: "9",
    },
    {
      path: "\uFFFDA",
      name: "\uFFFDA",
      type: "other",
      sizeBytes: 0,
      mode: 0o600,
      modifiedAt: 1_700_000_003_000,
      changedAt: 1_700_000_007_000,
      identity: "10",
    },
  ]);
});

test("nothing is an empty directory", () => {
  expect(parseListing(Buffer.alloc(0))).toEqual([]);
});

test("a listing that breaks off is ENGINE_FAILED", async () => {
  expect((await failureOf(() => parseListing(Buffer.from("1\n81a4 5 1700000000\nna")))).code).toBe("ENGINE_FAILED");
});
