import { describe, expect, test } from "vitest";
import { MoorageError } from "../base/errors.ts";
import { createApiFixture } from "./testing/api-fixture.ts";

const ARCHIVE = "/v1/sandboxes/harbour/archive";
const TAR = { "content-type": "application/x-tar" };

describe("download", () => {
  test("answers with the archive's bytes as they come", async () => {
    const { app, events } = createApiFixture({
      raw: {
        download: async function* ({ id, path }) {
          yield Buffer.from(`${id} ${path}`);
          yield new Uint8Array([0, 255]);
        },
      },
    });
    const response = await app.request(`${ARCHIVE}?path=a%20b/%C3%A9`);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/x-tar");
    const expected = Buffer.concat([Buffer.from("harbour a b/é"), Buffer.from([0, 255])]);
    expect(Buffer.from(await response.arrayBuffer())).toEqual(expected);
    expect(events).toMatchObject([{ fields: { route: "/v1/sandboxes/{id}/archive", status: 200 } }]);
  });

  test("may be empty", async () => {
    const response = await createApiFixture().app.request(`${ARCHIVE}?path=a`);
    expect(await response.text()).toBe("");
  });

  test("fails with a status before the first byte, and breaks after it", async () => {
    const missing = new MoorageError("FILE_NOT_FOUND", "There is no a.");
    const fail = () => Promise.reject(missing);
    const early = createApiFixture({
      raw: {
        download: async function* () {
          await fail();
          yield new Uint8Array();
        },
      },
    });
    const refused = await early.app.request(`${ARCHIVE}?path=a`);
    expect(refused.status).toBe(404);
    const late = createApiFixture({
      raw: {
        download: async function* () {
          yield new Uint8Array([1]);
          await fail();
        },
      },
    });
    const broken = await late.app.request(`${ARCHIVE}?path=a`);
    expect(broken.status).toBe(200);
    await expect(broken.arrayBuffer()).rejects.toThrow("There is no a.");
    expect(late.events).toMatchObject([{ fields: { code: "FILE_NOT_FOUND" } }]);
  });
});

describe("upload", () => {
  test("hands the bytes on while they come, and answers without content", async () => {
    const got: Buffer[] = [];
    const { app } = createApiFixture({
      raw: {
        upload: async ({ id, path }, tar) => {
          got.push(Buffer.from(`${id} ${path} `));
          for await (const chunk of tar) got.push(Buffer.from(chunk));
        },
      },
    });
    const body = new Blob(["some ", "bytes"]).stream();
    const response = await app.request(`${ARCHIVE}?path=d`, { method: "PUT", headers: TAR, body, duplex: "half" });
    expect(response.status).toBe(204);
    expect(Buffer.concat(got).toString()).toBe("harbour d some bytes");
  });

  test("takes only tar", async () => {
    const { app, calls } = createApiFixture();
    const response = await app.request(`${ARCHIVE}?path=d`, { method: "PUT", body: "x" });
    expect(response.status).toBe(415);
    expect(calls).toEqual([]);
  });
});

test("both ask for a path", async () => {
  const { app, calls } = createApiFixture();
  for (const init of [{}, { method: "PUT", headers: TAR }]) {
    const response = await app.request(ARCHIVE, init);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("path: expected a path in the query, got none.");
  }
  expect(calls).toEqual([]);
});
