import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";

/** What browsers, Deno, Bun and workers all have. Anything else, such as `Buffer` or `process`, is missing here. */
const COMMON_GLOBALS = {
  AbortController,
  AbortSignal,
  DOMException,
  Headers,
  ReadableStream,
  Request,
  Response,
  TextDecoder,
  TextEncoder,
  URL,
  URLSearchParams,
  clearTimeout,
  crypto,
  performance,
  setTimeout,
};

test("the SDK loads and works where there is nothing of Node", async () => {
  const input = fileURLToPath(new URL("./index.ts", import.meta.url));
  await using bundle = await rolldown({ input, platform: "browser" });
  const { output } = await bundle.generate({ format: "iife", name: "moorage" });
  expect(output[0].imports).toEqual([]);

  const requests: string[] = [];
  const answer = (url: string): Promise<Response> => {
    requests.push(url);
    return Promise.resolve(new Response('{"type":"progress","message":"a"}\n'));
  };
  const context = createContext({ ...COMMON_GLOBALS, answer });
  const program = `${output[0].code}
    (async () => {
      const client = moorage.createClient({ baseUrl: "http://moorage.example", fetch: answer });
      for await (const event of client.sandbox.exec({ id: "a", command: ["ls"] })) return event.message;
    })()`;
  expect(await runInContext(program, context)).toBe("a");
  expect(requests).toEqual(["http://moorage.example/v1/sandboxes/a/exec"]);
});
