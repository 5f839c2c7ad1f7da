import { createHash } from "node:crypto";
import type { Whoami } from "../../contracts/types.ts";

const STYLE = `
:root { color-scheme: light dark; --ground: #f6f7f9; --card: #fff; --text: #16202c; --soft: #5a6675; --line: #d9dee5;
  --act: #0b5cad; --on-act: #fff; }
@media (prefers-color-scheme: dark) { :root { --ground: #10151b; --card: #182029; --text: #e8edf3; --soft: #9aa7b6;
  --line: #2c3743; --act: #6cb2f7; --on-act: #0c1721; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--ground);
  color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
main { width: min(26rem, 100%); padding: 2rem; background: var(--card); border: 1px solid var(--line);
  border-radius: .75rem; }
p.brand { margin: 0 0 1.25rem; color: var(--soft); font-size: .875rem; letter-spacing: .04em; }
h1 { margin: 0 0 .5rem; font-size: 1.375rem; line-height: 1.25; overflow-wrap: anywhere; }
p { margin: 0 0 1rem; overflow-wrap: anywhere; }
p.soft, dt { color: var(--soft); }
dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; margin: 0 0 1.5rem; }
dd { margin: 0; overflow-wrap: anywhere; }
nav { display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; }
form { margin: 0; }
a { color: var(--act); }
a.act, button { display: inline-block; padding: .5rem 1rem; border: 1px solid var(--act); border-radius: .5rem;
  background: var(--act); color: var(--on-act); font: inherit; text-decoration: none; cursor: pointer; }
a.act:focus-visible, a:focus-visible, button:focus-visible { outline: 3px solid var(--act); outline-offset: 2px; }
`;

const STYLE_HASH = createHash("sha256").update(STYLE).digest("base64");

const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "content-security-policy": `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "cross-origin-opener-policy": "same-origin",
  // Not stricter: a form without its origin would be refused.
  "referrer-policy": "same-origin",
};

/** The page of somebody who is signed in. */
export function homePage({ owner, role }: Whoami, token: string): Response {
  return page("Signed in", {
    body: `<h1>${escaped(owner)}</h1>
<p class="soft">You are signed in here.</p>
<dl><dt>Role</dt><dd>${escaped(role)}</dd></dl>
<nav><form method="post" action="/auth/logout"><input type="hidden" name="token" value="${escaped(token)}">
<button>Sign out</button></form><a href="/docs">API reference</a></nav>`,
  });
}

export function signInPage(): Response {
  return page("Sign in", {
    body: `<h1>Sign in</h1>
<p class="soft">This server knows you by your identity provider.</p>
<nav><a class="act" href="/auth/login">Sign in</a><a href="/docs">API reference</a></nav>`,
  });
}

/** `elsewhere`: where the issuer's own session is ended, to which the browser goes by itself. */
export function signedOutPage(elsewhere: string | undefined): Response {
  const on = elsewhere === undefined ? "" : `<meta http-equiv="refresh" content="0;url=${escaped(elsewhere)}">`;
  const link = elsewhere === undefined ? "" : `<a href="${escaped(elsewhere)}">Sign out at the identity provider</a>`;
  return page("Signed out", {
    head: on,
    body: `<h1>You are signed out</h1>
<p class="soft">This browser has no session here any more.</p>
<nav><a class="act" href="/auth/login">Sign in again</a>${link}</nav>`,
  });
}

type Failure = { readonly status: number; readonly message: string; readonly hint: string };

export function failurePage({ status, message, hint }: Failure): Response {
  return page("Not signed in", {
    status,
    body: `<h1>You are not signed in</h1>
<p>${escaped(message)}</p>
<p class="soft">${escaped(hint)}</p>
<nav><a class="act" href="/auth/login">Try again</a></nav>`,
  });
}

type Parts = { readonly body: string; readonly head?: string; readonly status?: number };

function page(title: string, { body, head = "", status = 200 }: Parts): Response {
  const text = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – Moorage</title>${head}<style>${STYLE}</style></head>
<body><main><p class="brand">Moorage</p>
${body}
</main></body></html>
`;
  return new Response(text, { status, headers: HEADERS });
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}
