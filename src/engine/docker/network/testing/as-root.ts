/** Registers tests where a packet filter can be set; elsewhere the conformance suite expects the refusal. */
export function asRoot(register: () => void): void {
  if (process.platform === "linux" && process.getuid?.() === 0) register();
}
