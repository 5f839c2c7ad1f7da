import { compare } from "../compare.ts";
import { plainJob } from "../plain-docker.ts";
import { IMAGE, type BenchCase } from "./bench.ts";
import { drain } from "./drain.ts";

const ROUNDS = 20;
const command = ["true"];

export const jobs: BenchCase = {
  name: "jobs",
  run: async ({ server, embedded }) => {
    const plain = { name: "plain API", run: () => plainJob(IMAGE, command) };
    const docker = { name: "moorage run", run: () => drain(server.platform.job.run({ image: IMAGE, command })) };
    const process = { name: "process engine", run: () => drain(embedded.job.run({ command })) };
    return [
      await compare("a job, created to removed", [docker, plain], { rounds: ROUNDS }),
      await compare("a job on the process engine", [process, plain], { rounds: ROUNDS, goal: { p50: 40 } }),
    ];
  },
};
