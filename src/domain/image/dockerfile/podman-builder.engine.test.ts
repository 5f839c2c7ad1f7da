import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { privatePodman, withPrivatePodman, type PrivatePodman } from "../../../../scripts/setup/private-podman.ts";
import { ClassicBuilder } from "../../../../test/fixtures/classic-builder.ts";
import { trim } from "./blanks.ts";
import { parseDockerfile } from "./parse-dockerfile.ts";
import { isRefused, PIECES, READ, soups } from "./testing/odd-dockerfiles.ts";

const STARTUP_MS = 120_000;

await withPrivatePodman(() => {
  let podman: PrivatePodman;
  let builder: ClassicBuilder;
  beforeAll(async () => {
    podman = await privatePodman();
    builder = new ClassicBuilder(podman.socketPath);
  }, STARTUP_MS);
  afterAll(() => podman[Symbol.asyncDispose](), STARTUP_MS);

  // Of several stages it counts each one's steps, and it shows none of the ARGs before the first.
  const comparable = READ.filter(([, text]) => !isRefused(text) && !/ as |^ARG/im.test(text.split("LABEL")[0] ?? ""));

  it.each(comparable)("Podman reads the same: %s", async (_what, text) => {
    const { steps } = await builder.build(text);
    const { instructions } = parseDockerfile(text);
    expect(steps.map(trim)).toEqual(instructions.map(({ original }) => original));
  });

  it("nothing is hidden from us that Podman runs", async () => {
    const ofOneStage = PIECES.filter((piece) => !piece.startsWith("FROM"));
    let read = 0;
    await fc.assert(
      fc.asyncProperty(soups(ofOneStage), async (soup) => {
        const text = `FROM scratch\nCOPY nothing /\n${soup}`;
        const { total, refused } = await builder.build(text);
        if (isRefused(text) || refused !== undefined) return;
        expect(parseDockerfile(text).instructions).toHaveLength(total);
        read += 1;
      }),
      { numRuns: 100 },
    );
    expect(read).toBeGreaterThan(10);
  });
});
