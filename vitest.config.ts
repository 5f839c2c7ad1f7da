import { defineConfig } from "vitest/config";

/** What starts real containers or sandboxes, a daemon, or the built command. */
const engineTests = ["src/**/*.engine.test.ts", "scripts/**/*.engine.test.ts", "test/e2e/**/*.test.ts"];

export default defineConfig({
  test: {
    allowOnly: !process.env["CI"],
    retry: 0,
    projects: [
      {
        test: {
          name: "unit",
          include: ["{src,scripts,bench,test}/**/*.test.ts"],
          exclude: engineTests,
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "engine",
          include: engineTests,
          globalSetup: "test/fixtures/built-command.ts",
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
        },
      },
    ],
  },
});
