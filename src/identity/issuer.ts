/** Whose users come by an issuer of tokens or by a proxy, and what they are called here. */
export type Source = {
  /** The issuer's URL, or `proxy`. */
  readonly issuer: string;
  /** What the names of its users begin with; undefined: nothing. */
  readonly prefix?: string | undefined;
  /** Whether a user whom an administrator has added by such a name is the same person. */
  readonly adoptUsers: boolean;
};

/** Who signs tokens, and what one must say. */
export type Signer = {
  /** `iss`, to the letter. */
  readonly issuer: string;
  /** Where its keys are; undefined: where its discovery document says. */
  readonly jwksUri?: string | undefined;
  /** `aud` has to name one of these; empty: whatever it is. */
  readonly audience: readonly string[];
  /** The client that it was made for has to be one of these; empty: whoever it is. */
  readonly clientId: readonly string[];
  /** `alg` has to be one of these. */
  readonly algorithms: readonly string[];
  /** `token_use`; undefined: whatever it is. */
  readonly tokenUse?: string | undefined;
};

export type RoleRule = {
  readonly claim: string;
  readonly admin: readonly string[];
  readonly viewer: readonly string[];
};

/** One that signs the tokens of users. */
export type Issuer = Signer &
  Source & {
    /** The claim that users are called by. */
    readonly userClaim: string;
    readonly roleFrom?: RoleRule | undefined;
  };

/** Whom a proxy or a token is of, as the one who vouches for them says. */
export type Person = {
  readonly source: Source;
  /** What stays the same for as long as they are the same. */
  readonly subject: string;
  /** What they are called there. */
  readonly called: string;
  /** Undefined: nobody says it, so that it is decided here. */
  readonly role: "admin" | "member" | "viewer" | undefined;
};
