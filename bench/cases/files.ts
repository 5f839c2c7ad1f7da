import { compare } from "../compare.ts";
import { plainFile, plainSandbox } from "../plain-docker.ts";
import { IMAGE, type BenchCase } from "./bench.ts";

const BYTES = 64 * 1024;
const ROUNDS = 40;

/** 64 KiB written and read back, beside the plain archive API. */
export const files: BenchCase = {
  name: "files",
  run: async ({ server: { platform: server } }) => {
    await using container = await plainSandbox(IMAGE);
    const { id } = await server.sandbox.create({ image: IMAGE });
    const bytes = Buffer.alloc(BYTES, "x");
    const target = { id, path: "bench.bin" };
    const run = async (): Promise<void> => {
      await server.raw.write(target, once(bytes));
      await using part = await server.raw.read(target);
      let read = 0;
      for await (const chunk of part.content) read += chunk.length;
      if (read !== BYTES) throw new Error(`${read} bytes came back.`);
    };
    const plain = { name: "plain API", run: () => plainFile(container.id, bytes) };
    try {
      const wish = { rounds: ROUNDS, goal: { ratio: 1.2 } };
      return [await compare("64 KiB written and read back", [{ name: "files", run }, plain], wish)];
    } finally {
      await server.sandbox.remove({ id });
    }
  },
};

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}
