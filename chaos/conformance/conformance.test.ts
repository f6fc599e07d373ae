/**
 * The suites of real clients on our ensemble and on the Apache ZooKeepers that are installed: what they
 * see must be the same. `npm run conformance` does this with a matrix for a person.
 */
import { describe, expect, test } from "vitest";
import { createLog, createNodeEnv } from "../../server/node-env.ts";
import { nodeProgram } from "./testing/node-program.ts";
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

/** Answers 0 and 1 in turn, whoever asks: whatever ours showed, ZooKeeper shows it sooner or later. */
const UNDECIDED = `
import { mkdirSync } from "node:fs";
const take = (run) => {
  try {
    mkdirSync("run-" + run);
    return run;
  } catch {
    return take(run + 1);
  }
};
console.log("@case " + JSON.stringify({ name: "a", observed: take(0) % 2 }));
`;

test.skipIf(missing.has("zookeeper-3.9"))(
  "a case that ZooKeeper answers in two ways is run again until it shows ours",
  { timeout: SUITE_TIMEOUT_MS },
  async ({ signal }) => {
    const progress: string[] = [];
    const { suites } = await runConformance({
      env,
      environment: process.env,
      suites: [nodeProgram(UNDECIDED)],
      targets: ["reference", "zookeeper-3.9"],
      casePattern: "",
      signal,
      progress: (text) => progress.push(text),
    });
    expect(suites.flatMap(findingLines)).toEqual([]);
    expect(progress).toContain('tiny: "a" again, on the ZooKeepers (1 of 3)');
    expect(progress.filter((text) => text === "tiny on reference: a")).toHaveLength(1);
  },
);

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
