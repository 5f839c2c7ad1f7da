import type { Context } from "hono";
import { isMoorageError, MoorageError } from "../../base/errors.ts";
import type { Admit } from "../../contracts/admission.ts";
import { SIGN_IN_MS, type SignIn } from "../../contracts/sign-in.ts";
import type { Api, ApiEnv } from "../api-env.ts";
import { TransportError } from "../transport-error.ts";
import { BEGUN_COOKIE, cookieOf, SESSION_COOKIE, setCookie } from "./cookies.ts";
import { formToken, isForeign, isFormToken, refused } from "./own-page.ts";
import { failurePage, homePage, signedOutPage, signInPage } from "./pages.ts";
import { readReturnPath } from "./return-path.ts";

type Parts = { readonly signIn: SignIn; readonly admit: Admit };

/** The paths of these routes, and their methods. */
export const SIGN_IN_ROUTES: readonly (readonly [path: string, methods: string[]])[] = [
  ["/", ["GET"]],
  ["/auth/login", ["GET"]],
  ["/auth/callback", ["GET"]],
  ["/auth/logout", ["POST"]],
];
const MOST_FORM_BYTES = 4096;

/** What people's browsers come to: signing in and out, and a page that says who they are. */
export function addSignInRoutes(app: Api, { signIn, admit }: Parts): void {
  app.get("/", async (context) => {
    context.var.record.route = "/";
    const session = cookieOf(context.req.raw, SESSION_COOKIE);
    try {
      const platform = await admit({ bearer: undefined, session });
      return homePage(await platform.auth.whoami({}), formToken(session ?? ""));
    } catch (error) {
      const isPerson = context.req.header("accept")?.includes("text/html") ?? false;
      if (isPerson && isMoorageError(error) && error.code === "UNAUTHENTICATED") return signInPage();
      throw error;
    }
  });
  app.get("/auth/login", (context) => {
    context.var.record.route = "/auth/login";
    return shown(context, async () => {
      const returnTo = readReturnPath(context.req.query("return"));
      const { host } = new URL(signIn.origin);
      // A cookie that is set by another name would not be there when the browser comes back.
      if (context.req.header("host") !== host) {
        const location = `${signIn.origin}/auth/login?return=${encodeURIComponent(returnTo)}`;
        return redirect(location, []);
      }
      const { location, browser } = await signIn.begin(returnTo);
      return redirect(location, [setCookie(BEGUN_COOKIE, browser, SIGN_IN_MS)]);
    });
  });
  app.get("/auth/callback", (context) => {
    context.var.record.route = "/auth/callback";
    return shown(context, () => finish(context, signIn));
  });
  app.post("/auth/logout", async (context) => {
    context.var.record.route = "/auth/logout";
    const session = await leavingSession(context, signIn);
    const elsewhere = session === undefined ? undefined : await signIn.end(session);
    const page = signedOutPage(elsewhere);
    page.headers.append("set-cookie", setCookie(SESSION_COOKIE, "", 0));
    return page;
  });
}

async function finish({ req }: Context<ApiEnv>, signIn: SignIn): Promise<Response> {
  const one = (name: string): string | undefined => {
    const [value, ...more] = req.queries(name) ?? [];
    if (more.length === 0) return value;
    throw new MoorageError("INVALID_INPUT", `The answer has ${name} ${more.length + 1} times, expected it once.`);
  };
  const { session, returnTo, lastsMs } = await signIn.finish({
    ...{ code: one("code"), state: one("state"), iss: one("iss"), error: one("error") },
    browser: cookieOf(req.raw, BEGUN_COOKIE),
    session: cookieOf(req.raw, SESSION_COOKIE),
  });
  return redirect(returnTo, [setCookie(BEGUN_COOKIE, "", 0), setCookie(SESSION_COOKIE, session, lastsMs)]);
}

/** The session that a page of this server wants ended; undefined: its browser has none. */
async function leavingSession({ req }: Context<ApiEnv>, { origin }: SignIn): Promise<string | undefined> {
  if (isForeign(req.raw, origin)) throw refused("it comes from another page");
  if (req.header("origin") === undefined) throw refused("it does not say from which page it comes");
  const session = cookieOf(req.raw, SESSION_COOKIE);
  if (session === undefined) return undefined;
  const length = Number(req.header("content-length") ?? Number.NaN);
  if (!(length <= MOST_FORM_BYTES))
    throw new TransportError(413, `The form: expected at most ${MOST_FORM_BYTES} bytes, and their number.`);
  const token = new URLSearchParams(await req.text()).get("token");
  if (!isFormToken(token, session)) throw refused("its form has not the token of this session");
  return session;
}

/** People see what went wrong on a page. */
async function shown(context: Context<ApiEnv>, work: () => Promise<Response>): Promise<Response> {
  try {
    return await work();
  } catch (thrown) {
    const { message, hint, row } = context.var.record.fail(thrown);
    return failurePage({ status: row.status, message, hint });
  }
}

function redirect(location: string, cookies: readonly string[]): Response {
  const headers = new Headers({ location, "cache-control": "no-store", "referrer-policy": "no-referrer" });
  for (const cookie of cookies) headers.append("set-cookie", cookie);
  return new Response(null, { status: 303, headers });
}
