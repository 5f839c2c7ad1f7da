import { createHash, randomBytes } from "node:crypto";
import { MoorageError } from "../../base/errors.ts";
import { SIGN_IN_MS, type SignIn, type SignInAnswer, type SignedIn } from "../../contracts/sign-in.ts";
import { Unavailable } from "../../identity/fetch-json.ts";
import { LoginRefused, type LoginProvider } from "../../identity/login.ts";
import type { DomainContext } from "../context.ts";
import { createAudit } from "./audit.ts";
import { LoginStates, type LoginState } from "./login-state.ts";
import type { Logins } from "./logins.ts";
import { principalOfUser } from "./principal.ts";
import { settlePerson } from "./token-user.ts";

type Parts = { readonly context: DomainContext; readonly provider: LoginProvider; readonly logins: Logins };

const HINT = "Begin again at /auth/login, in one tab of the browser.";
const MOST_ERROR = 200;

/** Signing in by authorization code with PKCE: the state counts once, and for the browser that began. */
export function createSignIn({ context, provider, logins }: Parts): SignIn {
  const states = new LoginStates();
  const { clock } = context;
  return {
    origin: provider.settings.origin,
    begin: (returnTo) =>
      asked(async () => {
        const [state, nonce, codeVerifier] = [random(), random(), random()] as const;
        const challenge = createHash("sha256").update(codeVerifier).digest("base64url");
        const location = await provider.authorizationUrl({ state, nonce, challenge });
        const endsMs = clock.now() + SIGN_IN_MS;
        return { location, browser: states.seal({ state, nonce, codeVerifier, returnTo, endsMs }) };
      }),
    finish: (answer) =>
      asked(async () => {
        const nowMs = clock.now();
        const begun = begunBy(states, answer, nowMs);
        if (!states.use(begun, nowMs)) throw new LoginRefused("This sign-in has been finished before.");
        await provider.checkIssuer(answer.iss);
        return finish({ context, provider, logins }, begun, answer);
      }),
    end: async (session) => {
      const idToken = await logins.end(session);
      // Whoever cannot reach the issuer is signed out here nevertheless.
      return provider.endSessionUrl(idToken).catch(unlessUnavailable);
    },
  };
}

function begunBy(states: LoginStates, { browser, state }: SignInAnswer, nowMs: number): LoginState {
  if (browser === undefined) throw new LoginRefused("This browser has begun no sign-in, or it took too long.");
  const begun = states.open(browser, nowMs);
  if (begun === undefined)
    throw new LoginRefused("What this browser has kept of its sign-in is not valid, or too old.");
  if (begun.state !== state) throw new LoginRefused("The answer belongs to another sign-in than this browser's.");
  return begun;
}

async function finish(
  { context, provider, logins }: Parts,
  { nonce, codeVerifier, returnTo }: LoginState,
  { code, error, session }: SignInAnswer,
): Promise<SignedIn> {
  if (error !== undefined)
    throw new LoginRefused(`The identity provider says ${JSON.stringify(error.slice(0, MOST_ERROR))}.`);
  if (code === undefined) throw new LoginRefused("The answer has no code.");
  const vouched = await provider.redeem({ code, codeVerifier, nonce });
  const user = await settlePerson(context, vouched.person);
  if (typeof user === "string") throw new LoginRefused(user);
  if (session !== undefined) await logins.end(session);
  const { name } = user;
  const record = createAudit(context, principalOfUser(user))("auth.login", { user: name });
  const secret = await logins.create(user, vouched);
  await record({ answer: {} });
  context.logger.info({ operation: "login.create", user: name }, "user signed in");
  return { session: secret, returnTo, lastsMs: provider.settings.sessionMs };
}

async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof LoginRefused) throw new MoorageError("UNAUTHENTICATED", cause.message, { hint: HINT, cause });
    if (!(cause instanceof Unavailable)) throw cause;
    const message = `The identity provider cannot be asked now: ${cause.message}.`;
    throw new MoorageError("UNAUTHENTICATED", message, { hint: "Try again in a while.", cause });
  }
}

function unlessUnavailable(error: unknown): undefined {
  if (!(error instanceof Unavailable)) throw error;
}

function random(): string {
  return randomBytes(32).toString("base64url");
}
