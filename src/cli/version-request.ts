/** True for `moorage --version`, also among other options of the program itself. */
export function asksForVersion(argv: readonly string[]): boolean {
  const firstWord = argv.findIndex((argument, index) => !argument.startsWith("-") && argv[index - 1] !== "--engine");
  const own = firstWord === -1 ? argv : argv.slice(0, firstWord);
  return own.includes("--version") || own.includes("-V");
}
