import { expect, test } from "vitest";
import { MoorageError } from "../../base/errors.ts";
import type { CliHost, ServeReady } from "../host.ts";
import { moorage } from "../testing/terminal.ts";

const ADDRESS = "/run/moorage/moorage.sock";
const READY = { socket: ADDRESS, agentSocket: "/run/moorage/agent/agent.sock", urls: ["http://127.0.0.1:7070"] };
const KEY = "moorage_a_secret";

function serving(ready: ServeReady = READY): { readonly host: Pick<CliHost, "serve">; readonly asked: unknown[] } {
  const asked: unknown[] = [];
  const serve: CliHost["serve"] = async ({ onReady, signal: _signal, ...options }) => {
    asked.push(options);
    onReady(ready);
  };
  return { host: { serve }, asked };
}

test("serve tells its addresses on stderr, for stdout belongs to results", async () => {
  const { host, asked } = serving();
  expect(await moorage(["serve", "--engine", "docker"], { host })).toMatchObject({
    exitCode: 0,
    stdout: "",
    stderr: [
      "✔ Listening on http://127.0.0.1:7070, with a key.",
      "✔ Listening on /run/moorage/agent/agent.sock, for agents, with a key.",
      `✔ Listening on ${ADDRESS}, for you.`,
      "",
    ].join("\n"),
  });
  expect(asked).toEqual([{ engine: "docker" }]);
});

test("serve shows the first administrator's key, which has no other way to anybody", async () => {
  const { host } = serving({ ...READY, adminKey: KEY });
  expect((await moorage(["serve"], { host })).stderr).toContain(
    `note: the administrator's key, shown this once: ${KEY}\n`,
  );
});

test.each([
  [
    ["--listen", "127.0.0.1:0", "--listen", "[::1]:7070"],
    ["127.0.0.1:0", "[::1]:7070"],
  ],
  [["--listen", "none"], []],
])("serve %j listens there and nowhere else", async (flags, listen) => {
  const { host, asked } = serving();
  await moorage(["serve", ...flags], { host });
  expect(asked).toEqual([{ listen }]);
});

test("serve --json tells it as a result", async () => {
  expect((await moorage(["serve", "--json"], { host: serving().host })).stdout).toBe(`${JSON.stringify(READY)}\n`);
});

test("serve ends well on Ctrl-C, which is how it is meant to end", async () => {
  const interruption = new AbortController();
  const serve: CliHost["serve"] = async ({ signal, onReady }) => {
    onReady(READY);
    interruption.abort("SIGINT");
    expect(signal.aborted).toBe(true);
  };
  expect((await moorage(["serve"], { host: { serve }, signal: interruption.signal })).exitCode).toBe(0);
});

test("serve fails as other commands do", async () => {
  const serve: CliHost["serve"] = () =>
    Promise.reject(new MoorageError("CONFLICT", `Another server listens on ${ADDRESS}.`, { hint: "Use that one." }));
  expect(await moorage(["serve"], { host: { serve } })).toMatchObject({
    exitCode: 1,
    stderr: `error: Another server listens on ${ADDRESS}.\nhint: Use that one.\n`,
  });
});

test("mcp leaves stdin and stdout to the protocol", async () => {
  const asked: unknown[] = [];
  const mcp: CliHost["mcp"] = async ({ signal: _signal, ...options }) => void asked.push(options);
  expect(await moorage(["mcp", "--engine", "process"], { host: { mcp } })).toMatchObject({
    exitCode: 0,
    stdout: "",
    stderr: "",
  });
  expect(asked).toEqual([{ engine: "process" }]);
});
