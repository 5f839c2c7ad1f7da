/** What an issuer has a browser bring back. */
export type SignInAnswer = {
  readonly code: string | undefined;
  readonly state: string | undefined;
  readonly iss: string | undefined;
  readonly error: string | undefined;
  /** What `begin` gave this browser to keep. */
  readonly browser: string | undefined;
  /** The session that the browser has by now, which ends. */
  readonly session: string | undefined;
};

export type SignedIn = { readonly session: string; readonly returnTo: string; readonly lastsMs: number };

/** How people sign in in their browser, for the doors that browsers come to. */
export type SignIn = {
  /** The server's own, as browsers have it. */
  readonly origin: string;
  /** Where a browser has to go to sign in, and what it has to keep meanwhile. */
  readonly begin: (returnTo: string) => Promise<{ readonly location: string; readonly browser: string }>;
  /** @throws UNAUTHENTICATED when the answer is not good: another's, an old one, or a refusal. */
  readonly finish: (answer: SignInAnswer) => Promise<SignedIn>;
  /** Ends a session, and tells where its issuer's own is ended; undefined: nowhere. */
  readonly end: (session: string) => Promise<string | undefined>;
};

/** For how long a sign-in may take. */
export const SIGN_IN_MS = 600_000;
