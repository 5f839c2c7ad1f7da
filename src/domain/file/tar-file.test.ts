import { describe, expect, it } from "vitest";
import { fileFromTar, tarOfFile } from "./tar-file.ts";

const tar = (bytes: Uint8Array) => tarOfFile({ name: "a", bytes, mode: 0o644, modifiedAt: 0 });

async function* of(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

describe("a tar of one file", () => {
  it("gives its bytes back", async () => {
    expect(await fileFromTar(tar(Buffer.from("hi")), 10)).toEqual(Buffer.from("hi"));
    expect(await fileFromTar(tar(Buffer.alloc(11)), 10)).toBe("too large");
    expect(await fileFromTar(of(Buffer.alloc(1024)), 10)).toBe("not a file");
  });

  it("that breaks off is an error that says so", async () => {
    const whole = Buffer.concat(await Array.fromAsync(tar(Buffer.alloc(5000, 1))));
    const cut = fileFromTar(of(whole.subarray(0, 2000)), 10_000);
    await expect(cut).rejects.toMatchObject({ code: "ENGINE_FAILED", hint: "Read it again." });
  });
});
