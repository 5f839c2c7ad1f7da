/** The environment, as `src/main` has read it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where the clouds give out tokens, for tests; otherwise each cloud's own address. */
export type Endpoints = { readonly aws?: string; readonly google?: string; readonly azure?: string };

/** What credentials are looked for in and with. */
export type Surroundings = {
  readonly environment: Environment;
  /** Docker's own settings, usually `~/.docker`. */
  readonly configDirectory: string;
  readonly endpoints: Endpoints;
  /** How long a program or a token server may take to answer, ms. */
  readonly patienceMs: number;
  readonly signal: AbortSignal | undefined;
};

/** A variable that is set to something; an empty one counts as none. */
export function variable(environment: Environment, name: string): string | undefined {
  const value = environment[name];
  return value === "" ? undefined : value;
}
