import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{server,loadgen,chaos,results,dashboards}/**/*.test.ts", "*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Whole ensembles are started by some files: two at a time is what two cores carry.
    maxWorkers: 2,
  },
});
