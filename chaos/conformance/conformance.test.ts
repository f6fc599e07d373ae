/**
 * The suites of real clients on our ensemble and on the Apache ZooKeepers that are installed: what they
 * see must be the same. `npm run conformance` does this with a matrix for a person.
 */
import { describe, expect, test } from "vitest";
import { createLog, createNodeEnv } from "../../server/node-env.ts";
import { runConformance } from "./conformance.ts";
import { findingLines } from "./matrix.ts";
import { SUITES } from "./suites.ts";
import { findTarget, TARGET_NAMES, type TargetName } from "./targets.ts";

const SUITE_TIMEOUT_MS = 1_200_000;
const PEERS_REQUIRED = process.env["QUORUM_LAB_REQUIRE_PEERS"] === "1";

const env = createNodeEnv({ log: createLog({ level: "error", name: "test" }) });
const missing = new Map<TargetName, string>();
for (const name of TARGET_NAMES) {
  const target = findTarget(name, env, process.env);
  if (typeof target === "string") missing.set(name, target);
}
const installed = TARGET_NAMES.filter((name) => !missing.has(name));

describe.runIf(PEERS_REQUIRED)("what the suites need is installed", () => {
  test.each(TARGET_NAMES)("the target %s", (name) => {
    expect(missing.get(name)).toBeUndefined();
  });
  test.each(SUITES)("the suite $name", (suite) => {
    expect(suite.missing(process.env)).toBeNull();
  });
});

describe.skipIf(installed.length < 2)(
  `suites on ${installed.join(", ")}${[...missing.values()].map((why) => ` (${why})`).join("")}`,
  () => {
    for (const suite of SUITES) {
      const lacks = suite.missing(process.env);
      const why = lacks === null ? "" : ` (skipped: ${lacks})`;
      test.skipIf(lacks !== null)(
        `${suite.name} sees the same on all${why}`,
        { timeout: SUITE_TIMEOUT_MS },
        async ({ signal }) => {
          const { suites } = await runConformance({
            env,
            environment: process.env,
            suites: [suite],
            targets: installed,
            casePattern: "",
            signal,
            progress: () => undefined,
          });
          expect(suites.flatMap(findingLines)).toEqual([]);
        },
      );
    }
  },
);
