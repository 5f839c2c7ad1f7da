import { expect, test } from "vitest";
import type { StagedContext } from "../../contracts/types.ts";
import { page, seen } from "../testing/seen.ts";

const context: StagedContext = {
  id: "c1234567890123456789",
  files: 12,
  bytes: 34_567,
  ignored: { count: 12, examples: [".env", ".git/", "evil\u001b[31m"] },
  dockerfile: { path: "Dockerfile", text: 'FROM python:3.11-slim\nCMD ["python"]\n', generatedFor: "python" },
  commit: null,
  createdAt: "2026-01-02T03:04:05.678Z",
  expiresAt: "2026-01-03T03:04:05.678Z",
};

const own: StagedContext = {
  ...context,
  files: 1,
  ignored: { count: 0, examples: [] },
  dockerfile: { ...context.dockerfile, generatedFor: null },
  commit: "0123456789abcdef0123456789abcdef01234567",
};

test("context create: the id alone on stdout, for scripts", async () => {
  expect(await seen(["context", "create", "."], ["context.create", context])).toMatchInlineSnapshot(`
    "c1234567890123456789
    2> ✔ Staged 12 files (33.8 KiB). Left out: .env, .git/, evil\\x1b[31m and 9 more. Its Dockerfile was written for python: moorage context get c1234567890123456789
    "
  `);
  expect(await seen(["context", "create", "."], ["context.create", own])).toMatchInlineSnapshot(`
    "c1234567890123456789
    2> ✔ Staged 1 file (33.8 KiB).
    "
  `);
});

test("context ls", async () => {
  expect(await seen(["context", "ls"], ["context.list", page(context)])).toMatchInlineSnapshot(`
    "ID                    FILES  SIZE      LEFT OUT  CREATED               EXPIRES
    c1234567890123456789  12     33.8 KiB  12        2026-01-02 03:04:05Z  2026-01-03 03:04:05Z
    "
  `);
  expect(await seen(["context", "ls"], ["context.list", page()])).toMatchInlineSnapshot(`
    "2> note: no staged contexts; stage one with \`moorage context create\`.
    "
  `);
});

test("context get and rm", async () => {
  expect(await seen(["context", "get", context.id], ["context.get", context])).toMatchInlineSnapshot(`
    "Id          c1234567890123456789
    Files       12
    Size        33.8 KiB
    Left out    .env, .git/, evil\\x1b[31m and 9 more
    Commit      -
    Created     2026-01-02 03:04:05Z
    Expires     2026-01-03 03:04:05Z
    Dockerfile  Dockerfile, written for python

    FROM python:3.11-slim
    CMD ["python"]
    "
  `);
  expect(await seen(["context", "get", own.id], ["context.get", own])).toMatchInlineSnapshot(`
    "Id          c1234567890123456789
    Files       1
    Size        33.8 KiB
    Left out    -
    Commit      0123456789abcdef0123456789abcdef01234567
    Created     2026-01-02 03:04:05Z
    Expires     2026-01-03 03:04:05Z
    Dockerfile  Dockerfile

    FROM python:3.11-slim
    CMD ["python"]
    "
  `);
  const removed = { id: context.id, removed: true };
  expect(await seen(["context", "rm", context.id], ["context.remove", removed])).toMatchInlineSnapshot(`
    "2> ✔ Removed context c1234567890123456789.
    "
  `);
});
