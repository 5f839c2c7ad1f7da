/** What each descriptor of a launcher is; the program itself gets the first three only, stderr from 4. */
export const DESCRIPTORS = {
  /** What the launcher and bubblewrap complain about, never the program. */
  complaints: 2,
  /** Both ways: `r` ready, `c` no such directory; then we say `go`. */
  control: 3,
  stderr: 4,
  /** Arguments of bubblewrap, off the command line, which everyone on the host can read. */
  arguments: 5,
  filter: 6,
  count: 7,
} as const;
