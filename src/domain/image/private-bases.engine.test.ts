import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDockerDomain, type DockerDomain } from "../../../test/fixtures/docker-domain.ts";
import { PASSWORD, USER } from "../../../test/fixtures/registry/login.ts";
import { startSeededRegistry, type SeededRegistry } from "../../../test/fixtures/registry/seeded-registry.ts";
import { newId } from "../../base/ids.ts";
import { failureOf } from "../../engine/docker/docker-fixture.ts";
import { createCredentials } from "../../registry/credentials.ts";

const LONG = 120_000;

let opened: AsyncDisposableStack;
let domain: DockerDomain;
let registry: SeededRegistry;

beforeEach(async () => {
  opened = new AsyncDisposableStack();
  registry = opened.use(await startSeededRegistry({ login: "token" }));
  domain = opened.use(openDockerDomain());
  const { policy } = domain.context;
  const dockerfile = { ...policy.build.dockerfile, allowedRegistries: [registry.host] };
  Object.assign(domain.context, { policy: { ...policy, build: { ...policy.build, dockerfile } } });
}, 60_000);
afterEach(() => opened.disposeAsync());

function logIn(password: string): void {
  const environment = { DOCKER_REGISTRY: registry.host, DOCKER_USERNAME: USER, DOCKER_PASSWORD: password };
  const credentials = createCredentials({ profiles: {}, environment, configDirectory: "/nonexistent" });
  Object.assign(domain.context, { credentials });
}

const build = () => {
  const Dockerfile = `FROM ${registry.reference}\nENV OWN=${newId()}\n`;
  return Array.fromAsync(domain.platform.image.build({ files: { Dockerfile }, tag: newId() }));
};

describe("a build on a base that only a private registry has", { timeout: LONG }, () => {
  it("pulls it with the login for that registry", async () => {
    logIn(PASSWORD);
    const events = await build();
    expect(events.at(-1)).toMatchObject({ type: "result", result: { status: "succeeded" } });
    expect(JSON.stringify(events)).not.toContain(PASSWORD);
  });

  it("is refused with the registry's own words where that login is wrong, and tells it nowhere", async () => {
    logIn("battery staple");
    const failure = await failureOf(build());
    expect(failure.code).toBe("REGISTRY_DENIED");
    expect(failure.message).toContain(
      `The registry ${registry.host} does not let the user "ann" pull ${registry.reference}: `,
    );
    const [row] = (await domain.platform.image.builds({})).items;
    const { text } = await domain.platform.image.logs({ ref: row?.buildId ?? "" });
    expect(JSON.stringify([failure, failure.message, row, text])).not.toContain("battery");
  });
});

describe("an image of somebody else's", { timeout: LONG }, () => {
  it.each(["docker.io/library/", "index.docker.io/library/", "library/", "docker.io/"])(
    "is not to be had by its longer name, with %s before it",
    async (prefix) => {
      const Dockerfile = "FROM busybox:latest\n";
      Object.assign(domain.context.policy.build.dockerfile, { allowedRegistries: ["docker.io"] });
      const built = await Array.fromAsync(domain.platform.image.build({ files: { Dockerfile }, tag: newId() }));
      const last = built.at(-1);
      const reference = `${prefix}${last?.type === "result" ? last.result.tag : ""}`;
      const { image, job } = domain.platformOf("bob");
      expect(await image.exists({ reference })).toMatchObject({ ok: false });
      for (const use of [
        () => image.ensure({ reference }),
        () => image.history({ reference }),
        () => Array.fromAsync(image.pull({ reference })),
        () => Array.fromAsync(job.run({ image: reference, command: ["true"] })),
      ]) {
        expect(await failureOf(use())).toMatchObject({
          code: "IMAGE_NOT_FOUND",
          message: `The image ${reference} was found neither here nor in its registry.`,
        });
      }
      expect(await domain.platform.image.exists({ reference })).toMatchObject({ ok: true });
    },
  );
});
