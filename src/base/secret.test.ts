import { format, inspect } from "node:util";
import { expect, test } from "vitest";
import { Secret } from "./secret.ts";

test("a secret is shown to nobody who does not ask for it by name", () => {
  const held = { username: "ann", password: new Secret("hunter2") };
  const shown = [
    `${String(held.password)} ${held.password.toString()}`,
    JSON.stringify(held),
    inspect(held, { showHidden: true, depth: 9, getters: true }),
    format("%o %j %s", held, held, held.password),
    String(new Error("failed", { cause: held })),
    inspect(new Error("failed", { cause: held })),
    Object.values(held.password).join(),
  ].join("\n");
  expect(shown).toContain("[secret]");
  expect(shown).not.toContain("hunter2");
  expect(held.password.reveal()).toBe("hunter2");
});
