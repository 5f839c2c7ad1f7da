import { expect, test } from "vitest";
import { failureOf } from "../docker-fixture.ts";
import { engineTraits } from "./engine-traits.ts";
import { requestInDialect } from "./request-dialect.ts";

const podman = engineTraits({ Version: "4.3.1", ApiVersion: "1.41", Components: [{ Name: "Podman Engine" }] });
const docker = engineTraits({ Version: "20.10.24", ApiVersion: "1.41" });
const read = (path: string) => ({ method: "GET", path: "/containers/x/archive", query: { path } }) as const;

test("Docker reads every request as it is", () => {
  const request = read("/a*[b]");
  expect(requestInDialect(request, docker)).toBe(request);
});

test("Podman takes paths for patterns, so their marks are made plain", () => {
  expect(requestInDialect(read(String.raw`/a[b]?\c d`), podman).query).toEqual({
    path: String.raw`/a\[b\]\?\\c d`,
  });
  const written = { ...read("/a*"), method: "PUT" } as const;
  expect(requestInDialect(written, podman)).toBe(written);
});

test("an asterisk cannot be made plain, so it is refused", async () => {
  expect(await failureOf(() => requestInDialect(read("/a*"), podman))).toMatchObject({
    code: "ENGINE_UNSUPPORTED",
    message: 'Podman cannot read "/a*": it has an asterisk.',
    hint: "Read the directory that it lies in, or rename it in the sandbox.",
  });
});

test("Podman is asked for whole logs, since it loses the frames of their end", () => {
  const request = { method: "GET", path: "/containers/x/logs", query: { stdout: "1", tail: "10" } } as const;
  expect(requestInDialect(request, podman).query).toEqual({ stdout: "1", tail: undefined });
});
