import { expect, test } from "vitest";

import { isStatic } from "./needed-packages.ts";
import { hasProgram, installCommands, missingPackages } from "./packages.ts";
import { asRoot } from "./privilege.ts";

const here = { name: "coreutils", isHere: () => hasProgram("ls") };
const absent = { name: "absent", isHere: () => hasProgram("moorage-no-such-program") };

test("only what is not here is missing", async () => {
  expect(await missingPackages([here, absent])).toEqual(["absent"]);
});

test("the commands name every package", () => {
  expect(installCommands(["docker.io", "bubblewrap"])).toMatch(
    /apt-get update && .*apt-get install -y --no-install-recommends docker\.io bubblewrap$/,
  );
});

test("sudo is put before a command only for others than root", () => {
  expect(asRoot(["apt-get", "update"], 0)).toEqual(["apt-get", "update"]);
  expect(asRoot(["apt-get", "update"], 1000)).toEqual(["sudo", "apt-get", "update"]);
});

test("a program that is linked against libraries is not static", async () => {
  expect(await isStatic("/bin/sh")).toBe(false);
});
