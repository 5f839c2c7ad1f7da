import { afterAll, beforeAll } from "vitest";
import { openDockerFixture, type DockerFixture } from "../../docker-fixture.ts";
import { attempts, openTargets, type Targets } from "./targets.ts";

/** What the tests of one `describe` share: the engine, and what there is to be reached beside it. */
export type Reach = {
  readonly docker: DockerFixture;
  readonly targets: Targets;
  /** What all of it is called that may answer: the targets, a gateway and the names' own. */
  readonly names: () => readonly string[];
  /** A script that prints the names of what answers it, with the gateway at an address or what a shell makes one of. */
  readonly attempts: (gateway: string) => string;
};

/** Opens it for the surrounding `describe`, and closes it at its end. */
export function useReach(): Reach {
  let opened: Pick<Reach, "docker" | "targets"> | undefined;
  beforeAll(async () => {
    const docker = openDockerFixture();
    opened = { docker, targets: await openTargets(docker.api) };
  });
  afterAll(async () => {
    await opened?.targets[Symbol.asyncDispose]();
    await opened?.docker[Symbol.asyncDispose]();
  });
  const open = (): Pick<Reach, "docker" | "targets"> => {
    if (opened === undefined) throw new Error("The targets could not be opened.");
    return opened;
  };
  return {
    get docker() {
      return open().docker;
    },
    get targets() {
      return open().targets;
    },
    names: () => [...open().targets.all.map(({ name }) => name), "gateway", "dns"],
    attempts: (address) => {
      const { targets } = open();
      const gateway = { name: "gateway", address, port: targets.hostPort };
      return attempts([...targets.all, gateway], targets.outside);
    },
  };
}
