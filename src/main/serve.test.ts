import { expect, test } from "vitest";
import { readAddress } from "./serve.ts";

test.each([
  ["127.0.0.1:7070", { host: "127.0.0.1", port: 7070 }],
  ["localhost:0", { host: "localhost", port: 0 }],
  ["[::1]:7070", { host: "::1", port: 7070 }],
  ["0.0.0.0:65535", { host: "0.0.0.0", port: 65_535 }],
])("%s is an address", (text, address) => {
  expect(readAddress(text)).toEqual(address);
});

test.each(["7070", ":7070", "127.0.0.1", "127.0.0.1:65536", "::1:7070", "http://127.0.0.1:7070", "a b:1", ""])(
  "%j is none",
  (text) => {
    expect(() => readAddress(text)).toThrow(
      expect.objectContaining({
        code: "INVALID_INPUT",
        message: `listen: expected HOST:PORT, such as 127.0.0.1:7070 or [::1]:7070, got ${JSON.stringify(text)}.`,
      }) as Error,
    );
  },
);
