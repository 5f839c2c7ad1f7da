import { describe, expect, it } from "vitest";
import { newId } from "../../src/base/ids.ts";
import { asRoot } from "../../src/engine/docker/network/testing/as-root.ts";
import { openDockerFixture } from "../../src/engine/docker/docker-fixture.ts";
import { FACTORY_DOORS, type OpenFactoryDoor, type Wish } from "../fixtures/factory-doors.ts";
import { AWS_KEYS, amazonAnswer, startCloud } from "../fixtures/registry/clouds.ts";
import { ECR_PASSWORD, PASSWORD, USER } from "../fixtures/registry/login.ts";
import { startRegistry, type TestRegistry } from "../fixtures/registry/registry.ts";
import { expectUntold, spellings } from "../fixtures/untold.ts";

const LONG = 180_000;
const SECRETS = [
  ...spellings(PASSWORD, USER),
  ...spellings(ECR_PASSWORD, "AWS"),
  ...spellings(AWS_KEYS.AWS_SECRET_ACCESS_KEY),
];
const ECR = {
  service: "ecr",
  region: "eu-central-1",
  target: "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken",
};

const READ = ["of an image\n", "of a sandbox\n"];

type Flow = { readonly registry: TestRegistry; readonly wish: Wish; readonly openDoor: OpenFactoryDoor };

/**
 * One exports an image and a sandbox, which are then nowhere but in the registry; another gets the one by its version
 * and the other by its digest.
 * Answers what the program printed there that reads what the first has left.
 */
async function readByConsumer({ registry, wish, openDoor }: Flow): Promise<readonly string[]> {
  await using undo = new AsyncDisposableStack();
  const { images } = undo.use(openDockerFixture()).engine;
  const names: string[] = [];
  {
    await using producer = await openDoor(wish);
    const Dockerfile = `FROM busybox:latest\nENV OWN=${newId()}\nRUN echo of an image > /word\n`;
    const context = await producer.stage({ Dockerfile });
    const built = await producer.build({ contextId: context.id }, `export-${newId()}`);
    const { id } = await producer.create({ image: "busybox:latest" });
    await producer.execute(id, { filename: "write.sh", content: `echo of a sandbox > word\n` });
    const input = { registry: registry.host, prefix: "demo", version: "1.2" };
    const { ok, exported } = await producer.export({ ...input, images: { web: built.tag }, sandboxes: { db: id } });
    expect(ok).toBe(true);
    for (const service of ["web", "db"]) {
      const { reference, digest, digestReference } = exported[service] ?? {};
      expect(reference).toBe(`${registry.host}/demo-${service}:1.2`);
      expect(digestReference).toBe(`${registry.host}/demo-${service}:${digest?.slice(7, 19)}`);
      names.push((service === "web" ? reference : digestReference) ?? "");
    }
    for (const name of names) undo.defer(() => images?.remove(name));
    await producer.remove(id);
    await expectUntold(SECRETS, producer.home, producer.told());
  }
  const fetched = () => registry.requests().filter((line) => /^GET \/v2\/\S+\/blobs\//.test(line)).length;
  const read: string[] = [];
  await using consumer = await openDoor(wish);
  for (const name of names) {
    expect(await images?.find(name)).toBeUndefined();
    const before = fetched();
    expect(await consumer.pull(name)).toMatchObject({ reference: name, pulled: true });
    expect(fetched()).toBeGreaterThan(before);
    const { id } = await consumer.create({ image: name });
    const content = "cat /word /workspace/word 2>/dev/null; true\n";
    read.push((await consumer.execute(id, { filename: "read.sh", content })).stdout);
    await consumer.remove(id);
  }
  await expectUntold(SECRETS, consumer.home, consumer.told());
  return read;
}

describe.each(FACTORY_DOORS)(
  "by %s, an image and a sandbox are exported, and run where they are pulled",
  (_door, openDoor) => {
    it(
      "a registry with tokens as Docker Hub has them, by DOCKER_USERNAME and DOCKER_PASSWORD",
      { timeout: LONG },
      async () => {
        await using registry = await startRegistry({ login: "token" });
        const env = { DOCKER_REGISTRY: registry.host, DOCKER_USERNAME: USER, DOCKER_PASSWORD: PASSWORD };
        expect(await readByConsumer({ registry, wish: { env }, openDoor })).toEqual(READ);
      },
    );

    it("Amazon ECR, by a token that AWS keys are exchanged for", { timeout: LONG }, async () => {
      await using registry = await startRegistry({ login: "basic" });
      await using cloud = await startCloud((request) => amazonAnswer(request, ECR));
      const env = {
        ...AWS_KEYS,
        ...{ AWS_DEFAULT_REGION: ECR.region, AWS_ENDPOINT_URL_ECR: cloud.url, ADDE_ECR_REGISTRY: registry.host },
      };
      expect(await readByConsumer({ registry, wish: { env }, openDoor })).toEqual(READ);
      expect(cloud.asked.length).toBeGreaterThan(0);
    });

    // The engine is given a CA in /etc.
    asRoot(() => {
      it("a private registry over TLS, by a profile with a user and a password", { timeout: LONG }, async () => {
        await using registry = await startRegistry({ login: "basic", tls: "trusted" });
        const profile = { username: USER, passwordEnv: "THE_WORD" };
        const configuration = { registries: { [registry.host]: profile } };
        expect(
          await readByConsumer({ registry, wish: { configuration, env: { THE_WORD: PASSWORD } }, openDoor }),
        ).toEqual(READ);
      });
    });
  },
);
