const LETTERS = "abcdefghijklmnopqrstuvwxyz";
const ALPHABET = `${LETTERS}0123456789`;
const LENGTH = 20;

/** What an id of ours looks like: 20 characters of `[a-z0-9]`, the first a letter. */
export const ID_PATTERN = /^[a-z][a-z0-9]{19}$/;

/** Random bytes are drawn for many characters at once: each draw costs more than the bytes. */
const DRAWN = new Uint8Array(1024);
let used = DRAWN.length;

/** A new random id (about 103 bits). */
export function newId(): string {
  let id = pick(LETTERS);
  while (id.length < LENGTH) id += pick(ALPHABET);
  return id;
}

// Bytes beyond the last whole multiple are thrown away, so that each character is equally likely.
function pick(alphabet: string): string {
  const limit = 256 - (256 % alphabet.length);
  for (;;) {
    const byte = draw();
    if (byte < limit) return alphabet.charAt(byte % alphabet.length);
  }
}

function draw(): number {
  if (used === DRAWN.length) {
    crypto.getRandomValues(DRAWN);
    used = 0;
  }
  return DRAWN[used++] ?? 0;
}
