import { expect, test } from "vitest";
import { sampleFaults, sampleRun } from "../../../results/testdata/sample-run.ts";
import { roleSpans } from "./role-timeline.ts";

function read(server: number): string[] {
  const { elections, durationMs } = sampleRun();
  return roleSpans(server, elections, sampleFaults(), durationMs).map(
    (span) =>
      `${span.role}${span.epoch === null ? "" : ` ${span.epoch}`} ${Math.round(span.fromMs)}–${Math.round(span.toMs)}`,
  );
}

test("a killed leader is down until it looks for the new one", () => {
  expect(read(3)).toEqual([
    "looking 358–412",
    "leader 1 412–15004",
    "down 15004–18461",
    "looking 18461–18520",
    "follower 2 18520–30131",
    "looking 30131–30304",
    "leader 3 30304–45098",
    "looking 45098–48382",
    "leader 4 48382–60000",
  ]);
});

test("a leader that is cut off looks for a quorum until it follows the next one", () => {
  expect(read(2)).toContain("leader 2 15158–30332");
  expect(read(2)).toContain("looking 30332–36201");
});
