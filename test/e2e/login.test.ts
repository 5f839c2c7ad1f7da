import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { openBrowser } from "../fixtures/browser.ts";
import { openHome } from "../fixtures/command-line.ts";
import { CLIENT, startLoginIssuer } from "../fixtures/login-issuer.ts";
import { startServer } from "../fixtures/running-server.ts";

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}

/** A server, the issuer that it trusts, and a browser. */
async function open(wish: { readonly lastsSeconds?: number } = {}) {
  await using opening = new AsyncDisposableStack();
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const issuer = opening.use(await startLoginIssuer({ redirectUri: `${origin}/auth/callback`, ...wish }));
  const home = opening.use(await openHome());
  const secretFile = join(home.root, "client-secret");
  await writeFile(secretFile, CLIENT.secret, { mode: 0o600 });
  const login = { issuer: issuer.url, clientId: CLIENT.id, secretFile, url: origin };
  const configuration = { identity: { issuers: [{ issuer: issuer.url, clientId: [CLIENT.id] }], login } };
  const env = { MOORAGE_LISTEN: `127.0.0.1:${port}` };
  const server = opening.use(await startServer(home, { engine: "process", env, configuration }));
  const { context } = opening.use(await openBrowser());
  const opened = opening.move();
  return {
    ...{ origin, issuer, server, context, page: await context.newPage() },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function signIn(page: Page, origin: string, { name = "alice", returnTo = "/" } = {}): Promise<void> {
  await page.goto(`${origin}/auth/login?return=${encodeURIComponent(returnTo)}`);
  await page.locator("input[name=login]").fill(name);
  await page.getByRole("button").click();
  await page.waitForURL(`${origin}${returnTo}`);
}

type Call = { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string };

/** What a script of the page gets. */
function call(page: Page, path: string, init: Call = {}): Promise<{ status: number; body: unknown }> {
  return page.evaluate(
    async ([target, options]) => {
      const response = await fetch(target, options);
      return { status: response.status, body: await response.json() };
    },
    [path, init] as const,
  );
}

async function cookiesOf(context: BrowserContext): Promise<string[]> {
  return (await context.cookies()).map(({ name }) => name).filter((name) => name.startsWith("__Host-"));
}

describe("in a browser", () => {
  it("signs a person in, lets pages of the server call it, and signs them out here and at the issuer", async () => {
    await using site = await open();
    const { page, origin, context, server } = site;
    await page.goto(`${origin}/`);
    expect(await page.locator("h1").textContent()).toBe("Sign in");
    await page.getByRole("link", { name: "Sign in" }).click();
    await page.locator("input[name=login]").fill("alice");
    await page.getByRole("button").click();
    await page.waitForURL(`${origin}/`);
    expect(await page.locator("h1").textContent()).toBe("alice");
    const cookie = (await context.cookies(origin)).find(({ name }) => name === "__Host-moorage");
    expect(cookie).toMatchObject({ secure: true, httpOnly: true, sameSite: "Lax", path: "/", domain: "localhost" });
    expect(await cookiesOf(context)).toEqual(["__Host-moorage"]);
    const sessionValue = cookie?.value ?? "";
    expect(await page.evaluate("document.cookie")).toBe("");
    await site.page.goto(`${origin}/healthz`);
    expect(await call(page, "/v1/whoami")).toMatchObject({ status: 200, body: { owner: "alice", role: "member" } });
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
    expect(await call(page, "/v1/keys", init)).toMatchObject({
      status: 403,
      body: { error: { code: "INVALID_INPUT" } },
    });
    const own = { ...init, headers: { ...init.headers, "x-moorage-csrf": "1" } };
    expect(await call(page, "/v1/keys", own)).toMatchObject({ status: 200, body: { owner: "alice" } });
    expect((await page.goto(`${origin}/v1/whoami`))?.status()).toBe(403);
    await page.goto(`${origin}/`);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL(`${site.issuer.url}/session/end*`);
    expect(await cookiesOf(context)).toEqual([]);
    await page.goto(`${origin}/healthz`);
    expect(await call(page, "/v1/whoami")).toMatchObject({ status: 401 });
    const stolen = { cookie: `__Host-moorage=${sessionValue}`, origin, "sec-fetch-site": "same-origin" };
    expect((await fetch(`${origin}/v1/whoami`, { headers: stolen })).status).toBe(401);
    expect(server.told()).not.toContain(sessionValue);
    expect(server.told()).not.toContain(CLIENT.secret);
  });

  it("takes an answer once, and only in the browser and with the state that it belongs to", async () => {
    await using site = await open();
    const { page, origin, context } = site;
    const answers: string[] = [];
    page.on("request", (request) => {
      if (request.url().startsWith(`${origin}/auth/callback`)) answers.push(request.url());
    });
    await signIn(page, origin);
    const [answer = ""] = answers;
    await context.clearCookies();
    const heading = page.locator("h1");
    const told = page.locator("main > p:not(.brand, .soft)");
    expect((await page.goto(answer))?.status()).toBe(401);
    expect(await heading.textContent()).toBe("You are not signed in");
    expect(await told.textContent()).toBe("This browser has begun no sign-in, or it took too long.");
    // Begun anew, the browser has a state of its own, and the old answer is another's.
    const begun = await context.request.get(`${origin}/auth/login`, { maxRedirects: 0 });
    expect(begun.status()).toBe(303);
    expect((await page.goto(answer))?.status()).toBe(401);
    expect(await told.textContent()).toBe("The answer belongs to another sign-in than this browser's.");
    const state = new URL(begun.headers()["location"] ?? "").searchParams.get("state") ?? "";
    const tampered = `${origin}/auth/callback?code=x&state=${state.slice(1)}&iss=${encodeURIComponent(site.issuer.url)}`;
    expect((await page.goto(tampered))?.status()).toBe(401);
    const mixed = `${origin}/auth/callback?code=x&state=${state}&iss=https%3A%2F%2Fevil.example`;
    expect((await page.goto(mixed))?.status()).toBe(401);
    expect(await told.textContent()).toContain('The answer is of the issuer "https://evil.example"');
    expect((await page.goto(mixed))?.status()).toBe(401);
    expect(await told.textContent()).toBe("This sign-in has been finished before.");
    expect(await cookiesOf(context)).toEqual(["__Host-moorage-login"]);
  });

  it("goes nowhere else after it, and takes nothing that another site sends", async () => {
    await using site = await open();
    const { page, origin } = site;
    for (const evil of ["https://evil.example/", "//evil.example", "/\\evil.example", "/%2f/evil.example"]) {
      const response = await page.goto(`${origin}/auth/login?return=${encodeURIComponent(evil)}`);
      expect(response?.status()).toBe(400);
      expect(await page.content()).toContain("expected a path of this server such as /docs");
    }
    await signIn(page, origin, { returnTo: "/healthz?from=login" });
    // The issuer is another site to this server.
    await page.goto(`${site.issuer.url}/.well-known/openid-configuration`);
    const posted = page.waitForResponse((response) => response.url().startsWith(origin));
    const form = `<form method="post" action="${origin}/auth/logout"><button>Go</button></form>`;
    await page.evaluate(`document.body.innerHTML = ${JSON.stringify(form)}; document.querySelector("form").submit()`);
    expect((await posted).status()).toBe(403);
    await page.waitForURL(`${origin}/auth/logout`);
    await page.goto(`${origin}/healthz`);
    expect(await call(page, "/v1/whoami")).toMatchObject({ status: 200, body: { owner: "alice" } });
  });

  it("is renewed in silence, and ends when the issuer vouches no more or the user is disabled", async () => {
    await using site = await open({ lastsSeconds: 2 });
    const { page, origin, issuer, server } = site;
    await signIn(page, origin, { returnTo: "/healthz" });
    const until = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
      while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 100));
    };
    const status = async (): Promise<number> => (await call(page, "/v1/whoami")).status;
    await until(async () => {
      expect(await status()).toBe(200);
      return issuer.granted.filter((grant) => grant === "refresh_token").length >= 2;
    });
    issuer.revoke();
    await until(async () => (await status()) === 401);
    expect(await site.context.cookies(origin)).not.toEqual([]);
    await server.sdk.user.update({ name: "alice", disabled: true });
    expect(await status()).toBe(401);
  });
});
