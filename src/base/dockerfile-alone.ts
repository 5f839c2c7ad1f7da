import { pack } from "tar-stream";

/** The context of a build that needs a Dockerfile and nothing else: what makes its archive anew for each attempt. */
export function dockerfileAlone(text: string): () => AsyncGenerator<Uint8Array, void, undefined> {
  return async function* archive() {
    const tar = pack();
    tar.entry({ name: "Dockerfile", mode: 0o644 }, text);
    tar.finalize();
    for await (const chunk of tar) if (chunk instanceof Uint8Array) yield chunk;
  };
}
