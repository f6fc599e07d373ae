import { afterAll, describe, expect, test } from "vitest";
import { SeededRandom } from "../../../loadgen/seeded-random.ts";
import type { RunningTarget } from "../../../loadgen/targets/target.ts";
import { createNodeEnv } from "../../../server/node-env.ts";
import { CapturedLog } from "../../../server/testing/captured-log.ts";
import { findTarget, type TargetName } from "../targets.ts";
import { differentialCommand } from "./command.ts";
import { CLIENTS, compareWalks, shrink } from "./compare.ts";
import { describeStep } from "./describe-step.ts";
import { drawSteps, type Step } from "./steps.ts";

const ENSEMBLES_MS = 120_000;
const env = createNodeEnv({ log: new CapturedLog() });
const running: RunningTarget[] = [];
afterAll(() => Promise.all(running.map((target) => target.stop())));

async function start(name: TargetName, changes: Record<string, string>): Promise<RunningTarget> {
  const target = findTarget(name, env, process.env, changes);
  if (typeof target === "string") throw new Error(target);
  const started = await target.start();
  running.push(started);
  return started;
}

function walk(seed: number, steps: number): readonly Step[] {
  return drawSteps(new SeededRandom(seed), { clients: CLIENTS, steps });
}

test("the same seed draws the same steps, another seed others", () => {
  const draw = (seed: number): string[] => walk(seed, 50).map(describeStep);
  expect(draw(3)).toEqual(draw(3));
  expect(draw(3)).not.toEqual(draw(4));
});

test(
  "an ensemble agrees with its like, and is told from one that does not look at ACLs, by few steps",
  { timeout: ENSEMBLES_MS },
  async () => {
    const [one, other, open] = await Promise.all([
      start("reference", {}),
      start("reference", {}),
      start("reference", { skipACL: "yes" }),
    ]);
    const steps = walk(5, 120);
    expect(await compareWalks(one, other, steps)).toBeNull();
    const divergence = await compareWalks(one, open, steps);
    if (divergence === null) throw new Error("no difference was found");
    expect(divergence.what.length).toBeGreaterThan(0);
    const fewer = await shrink(one, open, steps.slice(0, divergence.at + 1), 40);
    expect(fewer.length).toBeLessThan(divergence.at + 1);
    expect((await compareWalks(one, open, fewer))?.at).toBe(fewer.length - 1);
  },
);

describe("npm run differential", () => {
  const judge = findTarget("zookeeper-3.9", env, process.env);
  const missing = typeof judge === "string" ? judge : null;

  test.skipIf(missing !== null && process.env["QUORUM_LAB_REQUIRE_PEERS"] !== "1")(
    `our ensemble answers random requests as ZooKeeper 3.9 does${missing === null ? "" : `: skipped, ${missing}`}`,
    { timeout: 3 * ENSEMBLES_MS },
    async () => {
      const { code, lines } = await run("--seed", "1", "--seeds", "12", "--steps", "250");
      expect(lines.join("\n")).toContain("reference answers as zookeeper-3.9 does");
      expect(code).toBe(0);
    },
  );

  test.each([
    [["--seed", "x"], "--seed <number>"],
    [["--steps", "0"], "--steps <number>"],
    [["--judge", "etcd"], "--judge <target>"],
    [["--nothing"], "--nothing"],
  ])("%j is refused with the name of the option", async (args, name) => {
    const { code, lines } = await run(...args);
    expect([code, lines.join("\n")]).toEqual([2, expect.stringContaining(name)]);
  });

  async function run(...args: string[]): Promise<{ code: number; lines: string[] }> {
    const lines: string[] = [];
    const note = (line: string): void => void lines.push(line);
    const end = new AbortController().signal;
    const io = { out: note, err: note, end, environment: process.env };
    return { code: await differentialCommand(args, io), lines };
  }
});
