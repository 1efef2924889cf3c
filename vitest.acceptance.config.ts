import { defineConfig } from "vitest/config";

/** Whole processes, real clients, real kills: one after the other, because they load the machine. */
export default defineConfig({
  test: {
    include: ["test/acceptance/**/*.test.ts"],
    testTimeout: 300_000,
    hookTimeout: 60_000,
    pool: "forks",
    fileParallelism: false,
  },
});
