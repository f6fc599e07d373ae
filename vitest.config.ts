import { defineConfig } from "vitest/config";

const inCi = process.env["CI"] !== undefined;

export default defineConfig({
  test: {
    include: ["{server,loadgen,chaos,results,dashboards}/**/*.test.ts", "*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Whole ensembles are started by some files: two at a time is what two cores carry.
    maxWorkers: 2,
    // In CI the counts are read from the file; see .ci/run.
    reporters: inCi ? ["default", "json"] : ["default"],
    outputFile: { json: ".ci/results.json" },
  },
});
