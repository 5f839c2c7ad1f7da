import { describe, expect, test } from "vitest";
import { createRecordingPlatform } from "../contracts/testing/recording-platform.ts";
import { silentLogger } from "../base/logger.ts";
import { createApi } from "./create-api.ts";

const names = { hosts: ["moorage.example.org"], origins: ["https://app.example.org"] };

async function answerTo(headers: Record<string, string>, target = "http://127.0.0.1:7070/healthz") {
  const { platform } = createRecordingPlatform();
  const app = createApi({ admit: async () => platform, logger: silentLogger, version: "1.2.3", names });
  const response = await app.request(target, { headers });
  return { status: response.status, body: (await response.json()) as { error?: { message: string; code: string } } };
}

describe("a server on TCP answers", () => {
  test.each(["localhost:7070", "127.0.0.1", "[::1]:7070", "10.1.2.3:7070", "moorage.example.org", "LOCALHOST:1"])(
    "who asks for %s",
    async (host) => {
      expect((await answerTo({ host })).status).toBe(200);
    },
  );

  test.each([
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example:7070",
    "",
    "a b",
    "evil.example#localhost",
  ])("nobody who asks for %j, which may be a name that was pointed here", async (host) => {
    const { status, body } = await answerTo({ host });
    expect(status).toBe(421);
    expect(body.error?.message).toBe(`The request is for ${JSON.stringify(host)}, which is no name of this server.`);
  });

  test.each([
    ["127.0.0.1:7070", "http://127.0.0.1:7070"],
    ["moorage.example.org", "https://moorage.example.org"],
    ["127.0.0.1:7070", "https://app.example.org"],
  ])("at %s what a page of %s sends", async (host, origin) => {
    expect((await answerTo({ host, origin })).status).toBe(200);
  });

  test.each(["https://evil.example", "null", "http://127.0.0.1:8080", "http://app.example.org"])(
    "nothing that a page of %s sends",
    async (origin) => {
      const { status, body } = await answerTo({ host: "127.0.0.1:7070", origin });
      expect(status).toBe(403);
      expect(body.error?.message).toBe(
        `The request comes from a page of ${JSON.stringify(origin)}, which may send none.`,
      );
    },
  );
});
