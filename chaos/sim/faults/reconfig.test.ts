import { expect, test } from "vitest";
import { QUIET_PLAN, FaultFixture } from "./fault-fixture.ts";

const RECONFIG = { type: "reconfig", leaving: [1], joining: [4] } as const;

test("a voter leaves and a spare joins; the ensemble knows its members then", () => {
  const fixture = new FaultFixture({
    spares: 1,
    config: { ...QUIET_PLAN.config, reconfigEnabled: "true", skipACL: "yes" },
    faults: [{ ...RECONFIG, atMs: 0, holdMs: 1 }],
  });
  expect(fixture.ensemble.members.map(({ id }) => id)).toEqual([1, 2, 3]);
  fixture.begin(RECONFIG, 10_000);
  fixture.until(() => fixture.nemesis.records[0]?.effectiveMs !== null);
  fixture.until(() => fixture.ensemble.converged);
  expect(fixture.ensemble.members.map(({ id }) => id)).toEqual([2, 3, 4]);
  expect(fixture.world.coverage.get("fault: reconfig")).toBe(1);
});
