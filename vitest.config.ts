import { defineConfig } from "vitest/config";

const engineTests = ["src/**/*.engine.test.ts", "test/e2e/**/*.test.ts"];

export default defineConfig({
  test: {
    allowOnly: process.env["CI"] === undefined,
    retry: 0,
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "test/architecture/**/*.test.ts", "scripts/**/*.test.ts"],
          exclude: engineTests,
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "engine",
          include: engineTests,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
        },
      },
    ],
  },
});
