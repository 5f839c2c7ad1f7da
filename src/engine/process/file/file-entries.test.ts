import { expect, test } from "vitest";
import { parseEntries } from "./file-entries.ts";

test("entries of every type, with names that have everything but a NUL", () => {
  const fields = [
    ["f", "5", "640", "1714979289.9990000000", "line\nbreak"],
    ["d", "4096", "1777", "0.5000000000", "żółć 🚢"],
    ["l", "3", "777", "-1.5000000000", "-rf"],
    ["p", "0", "600", "1.0000000000", "'\""],
  ];
  const output = Buffer.from(
    fields
      .flat()
      .map((field) => `${field}\0`)
      .join(""),
  );
  expect(parseEntries(output)).toEqual([
    { name: "line\nbreak", type: "file", sizeBytes: 5, mode: 0o640, modifiedAt: 1714979289999 },
    { name: "żółć 🚢", type: "directory", sizeBytes: 4096, mode: 0o1777, modifiedAt: 500 },
    { name: "-rf", type: "symlink", sizeBytes: 3, mode: 0o777, modifiedAt: -1500 },
    { name: "'\"", type: "other", sizeBytes: 0, mode: 0o600, modifiedAt: 1000 },
  ]);
  expect(parseEntries(new Uint8Array())).toEqual([]);
});
