import { request } from "node:http";
import { extract, pack } from "tar-stream";

const SOCKET = "/var/run/docker.sock";

/** The Engine API without anything between: what Moorage is measured against. */
async function call(method: string, path: string, body?: unknown): Promise<Buffer> {
  const type = body instanceof Uint8Array ? "application/x-tar" : "application/json";
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const headers = body === undefined ? {} : { "content-type": type };
  const sent = request({ socketPath: SOCKET, method, path: `/v1.41${path}`, headers }, (response) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    response.on("error", reject);
    response.on("end", () => {
      const whole = Buffer.concat(chunks);
      if ((response.statusCode ?? 500) < 400) resolve(whole);
      else reject(new Error(`${method} ${path}: ${whole.toString()}`));
    });
  });
  sent.on("error", reject);
  sent.end(body === undefined || body instanceof Uint8Array ? body : JSON.stringify(body));
  return promise;
}

async function idOf(answer: Promise<Buffer>): Promise<string> {
  return (JSON.parse((await answer).toString()) as { Id: string }).Id;
}

/** Create, start, wait, read the logs, remove. */
export async function plainJob(image: string, command: readonly string[]): Promise<void> {
  const host = { NetworkMode: "none", Memory: 512 * 1024 * 1024, PidsLimit: 256, Init: true };
  const id = await idOf(call("POST", "/containers/create", { Image: image, Cmd: command, HostConfig: host }));
  await call("POST", `/containers/${id}/start`);
  await call("POST", `/containers/${id}/wait`);
  await call("GET", `/containers/${id}/logs?stdout=1&stderr=1`);
  await call("DELETE", `/containers/${id}?force=1`);
}

export async function plainSandbox(image: string): Promise<AsyncDisposable & { readonly id: string }> {
  const body = { Image: image, Cmd: ["sleep", "3600"], HostConfig: { NetworkMode: "none", Init: true } };
  const id = await idOf(call("POST", "/containers/create", body));
  await call("POST", `/containers/${id}/start`);
  return { id, [Symbol.asyncDispose]: async () => void (await call("DELETE", `/containers/${id}?force=1`)) };
}

/** Create an exec, start it, read to its end, inspect it. */
export async function plainExec(container: string, command: readonly string[]): Promise<void> {
  const create = { Cmd: command, AttachStdout: true, AttachStderr: true };
  const id = await idOf(call("POST", `/containers/${container}/exec`, create));
  await call("POST", `/exec/${id}/start`, { Detach: false, Tty: false });
  await call("GET", `/exec/${id}/json`);
}

/** A file in and out by the archive API, packed and unpacked. */
export async function plainFile(container: string, bytes: Buffer): Promise<void> {
  const path = `/containers/${container}/archive?path=`;
  const packed = pack();
  packed.entry({ name: "bench.bin", mode: 0o644 }, bytes);
  packed.finalize();
  await call("PUT", `${path}/tmp`, Buffer.concat(await Array.fromAsync(packed as AsyncIterable<Buffer>)));
  const archive = extract();
  archive.end(await call("GET", `${path}/tmp/bench.bin`));
  let read = 0;
  for await (const entry of archive) for await (const chunk of entry as AsyncIterable<Buffer>) read += chunk.length;
  if (read !== bytes.length) throw new Error(`${read} bytes came back.`);
}
