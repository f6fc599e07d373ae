import { expect, test } from "vitest";
import type { LogFields } from "../env.ts";
import { StrangerLog } from "./stranger-log.ts";

class Told {
  nowMs = 1_000;
  readonly lines: LogFields[] = [];
  readonly log = new StrangerLog({ nowMs: () => this.nowMs, wallMs: () => 0 }, (fields) =>
    this.lines.push(fields),
  );
}

test("an address is told of once in an interval, and then how often it came meanwhile", () => {
  const told = new Told();
  for (let i = 0; i < 5; i++) told.log.refused("10.0.0.1", { reason: `${i}` });
  told.log.refused("10.0.0.2", { reason: "another" });
  expect(told.lines).toEqual([{ reason: "0" }, { reason: "another" }]);
  told.nowMs += 10_000;
  told.log.refused("10.0.0.1", { reason: "again" });
  told.log.refused("10.0.0.2", { reason: "again" });
  expect(told.lines.slice(2)).toEqual([{ reason: "again", moreBefore: 4 }, { reason: "again" }]);
});

test("many addresses are a thousand lines in an interval at most", () => {
  const told = new Told();
  for (let i = 0; i < 3_000; i++) told.log.refused(`address ${i}`, {});
  expect(told.lines).toHaveLength(1_000);
  told.nowMs += 10_000;
  for (let i = 0; i < 3_000; i++) told.log.refused(`other address ${i}`, {});
  expect(told.lines).toHaveLength(2_000);
});
