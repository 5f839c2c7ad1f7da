import { get } from "node:http";
import { expect, it } from "vitest";
import { openDockerDomain } from "../../../test/fixtures/docker-domain.ts";

const LONG = { timeout: 120_000 };
const soon = { timeout: 30_000, interval: 200 };

function statusAt(port: number): Promise<number | string> {
  return new Promise((resolve) => {
    get({ host: "127.0.0.1", port, path: "/bin/", agent: false }, (response) => {
      response.destroy();
      resolve(response.statusCode ?? 0);
    }).on("error", (error) => resolve(error.message));
  });
}

it(
  "a published port is reached on loopback, a request tells readiness, and a taken port is a CONFLICT",
  LONG,
  async () => {
    await using domain = openDockerDomain();
    const image = await domain.ownImage("busybox", ['CMD ["httpd", "-f", "-p", "8080"]']);
    const { sandbox } = domain.platform;
    const readiness = { http: { port: 8080, path: "/none", status: 404 } };
    const made = await sandbox.create({ image, useImageCommand: true, ports: [{ port: 8080 }], readiness });
    const [published] = made.ports;
    const hostPort = published?.hostPort ?? 0;
    expect(made).toMatchObject({ network: "internal", ports: [{ port: 8080, protocol: "tcp" }] });
    await expect.poll(() => statusAt(hostPort), soon).toBe(404);
    // Another Moorage on the same engine, whose registry does not know the port.
    await using other = openDockerDomain();
    const second = other.platform.sandbox.create({ image, useImageCommand: true, ports: [{ port: 8080, hostPort }] });
    await expect(second).rejects.toMatchObject({
      code: "CONFLICT",
      message: expect.stringMatching(/^A host port is taken: .*port is already allocated/) as string,
      hint: "Name another host port, or let one be chosen with auto.",
    });
    expect(await other.context.engine.list()).toEqual([]);
  },
);

it("a volume keeps its files for the next sandbox, whoever its image's user is", LONG, async () => {
  await using domain = openDockerDomain();
  const image = await domain.ownImage("busybox", ["USER 1234"]);
  const { sandbox, file, volume } = domain.platform;
  const workspace = "volume:data";
  const first = await sandbox.create({ image, workspace });
  try {
    await file.write({ id: first.id, path: "kept", content: "text" });
    await sandbox.remove({ id: first.id });
    const second = await sandbox.create({ image, workspace });
    expect(await file.read({ id: second.id, path: "kept" })).toMatchObject({ content: "text" });
    await sandbox.remove({ id: second.id });
  } finally {
    expect(await volume.remove({ name: "data" })).toMatchObject({ removed: true });
  }
});
