import { MoorageError } from "../../base/errors.ts";

/** What is asked of a repository, as it may be told: without credentials. */
export type Asked = { readonly shownUrl: string; readonly ref: string };

const KINDS: readonly { readonly said: RegExp; readonly tell: (asked: Asked) => MoorageError }[] = [
  {
    said: /couldn't find remote ref|not our ref|unadvertised object|Not a valid object name|unknown revision|ambiguous argument/i,
    tell: ({ shownUrl, ref }) =>
      new MoorageError(
        "REPOSITORY_NOT_FOUND",
        `The repository ${shownUrl} has no branch, tag or commit ${JSON.stringify(ref)}.`,
        {
          hint: "Check its spelling; a commit is named in full, and some servers give only branches and tags.",
        },
      ),
  },
  {
    said: /could not read Username|Authentication failed|returned error: 40[13]|terminal prompts disabled/i,
    tell: ({ shownUrl }) =>
      new MoorageError(
        "REPOSITORY_NOT_FOUND",
        `The repository ${shownUrl} is not there, or not for these credentials.`,
        {
          hint: "Check the URL; a private repository is reached by https://USER:TOKEN@HOST/….",
        },
      ),
  },
  {
    said: /not found|returned error: 404|does not appear to be a git repository/i,
    tell: ({ shownUrl }) => new MoorageError("REPOSITORY_NOT_FOUND", `There is no Git repository ${shownUrl}.`),
  },
  {
    said: /redirect|returned error: 30\d/i,
    tell: ({ shownUrl }) =>
      new MoorageError(
        "REPOSITORY_UNAVAILABLE",
        `The repository ${shownUrl} has moved: its server answers with a redirect.`,
        {
          hint: "Name its new URL: redirects are not followed, for they may lead anywhere.",
        },
      ),
  },
];

/** What Git said, in our words. */
export function repositoryError(asked: Asked, said: string): MoorageError {
  const kind = KINDS.find((one) => one.said.test(said));
  if (kind !== undefined) return kind.tell(asked);
  const line =
    said
      .split("\n")
      .filter((text) => /^(?:fatal|error):/.test(text))
      .at(-1) ?? "it said nothing";
  const message = `The repository ${asked.shownUrl} could not be fetched: ${line.replace(/^\w+: /, "").trim()}.`;
  return new MoorageError("REPOSITORY_UNAVAILABLE", message);
}
