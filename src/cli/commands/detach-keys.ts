const CTRL_P = 0x10;
const CTRL_Q = 0x11;

/** Finds Ctrl-P Ctrl-Q in what is typed. A Ctrl-P is held back until the next key says what it was. */
export class DetachKeys {
  #held = false;

  /** What goes on to the program, and whether the keys were pressed; what follows them is dropped. */
  next(typed: Uint8Array): { readonly passed: Uint8Array; readonly detached: boolean } {
    const passed: number[] = [];
    for (const key of typed) {
      if (this.#held && key === CTRL_Q) return { passed: Uint8Array.from(passed), detached: true };
      if (this.#held) passed.push(CTRL_P);
      this.#held = key === CTRL_P;
      if (!this.#held) passed.push(key);
    }
    return { passed: Uint8Array.from(passed), detached: false };
  }
}
