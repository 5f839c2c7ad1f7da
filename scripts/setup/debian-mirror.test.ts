import { expect, test } from "vitest";

import { debianMirror, mirrorOf } from "./debian-mirror.ts";

test.for([
  ["deb http://deb.debian.org/debian bookworm main", "http://deb.debian.org/debian"],
  ["deb [signed-by=/k.gpg] http://mirror.example/debian/ bookworm main", "http://mirror.example/debian"],
  ["Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm", "http://mirror.example/debian"],
  ["# deb http://deb.debian.org/debian bookworm main", undefined],
  ["deb https://deb.debian.org/debian bookworm main", undefined],
  ["deb http://archive.ubuntu.com/ubuntu noble main", undefined],
  ["deb http://deb.debian.org/debian-security bookworm-security main", undefined],
  ["", undefined],
] as const)("%j: %s", ([sources, mirror]) => {
  expect(mirrorOf(sources)).toBe(mirror);
});

test("a machine without sources uses Debian's own mirror", async () => {
  expect(await debianMirror("/nonexistent")).toBe("http://deb.debian.org/debian");
});
