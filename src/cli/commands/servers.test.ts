import { expect, test } from "vitest";
import { MoorageError } from "../../base/errors.ts";
import type { CliHost } from "../host.ts";
import { moorage } from "../testing/terminal.ts";

const ADDRESS = "/run/user/1000/moorage/api.sock";

function serving(): { readonly host: Pick<CliHost, "serve">; readonly asked: unknown[] } {
  const asked: unknown[] = [];
  const serve: CliHost["serve"] = async ({ onReady, signal: _signal, ...options }) => {
    asked.push(options);
    onReady(ADDRESS);
  };
  return { host: { serve }, asked };
}

test("serve tells its address on stderr, for stdout belongs to results", async () => {
  const { host, asked } = serving();
  expect(await moorage(["serve", "--engine", "docker"], { host })).toMatchObject({
    exitCode: 0,
    stdout: "",
    stderr: `✔ Listening on ${ADDRESS}\n`,
  });
  expect(asked).toEqual([{ engine: "docker" }]);
});

test("serve --json tells it as a result", async () => {
  expect((await moorage(["serve", "--json"], { host: serving().host })).stdout).toBe(`{"address":"${ADDRESS}"}\n`);
});

test("serve ends well on Ctrl-C, which is how it is meant to end", async () => {
  const interruption = new AbortController();
  const serve: CliHost["serve"] = async ({ signal, onReady }) => {
    onReady(ADDRESS);
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
