import { expect, test } from "vitest";
import type { RunHistory } from "../../../results/history.ts";
import type { TraceEvent } from "../trace.ts";
import { type ComparedRun, differenceLines, firstDifference } from "./run-difference.ts";

const FINAL = {
  server: 1,
  logFromZxid: 0,
  log: [],
  appliedZxid: 5,
  treeDigest: "aa",
  ephemerals: {},
  sessions: [],
} as const;
const HISTORY: RunHistory = {
  records: [{ kind: "fence", client: 1, resource: "/r", token: 1, accepted: true, atMs: 5 }],
  finals: [FINAL],
  samples: [],
  faults: [],
  crashes: [],
  healedMs: 1,
  endMs: 2,
  livenessBoundMs: 3,
  tickMs: 4,
};

const phase = (text: string): TraceEvent => ({ kind: "phase", atMs: 1, text });
const RUN: ComparedRun = { trace: [phase("a"), phase("b")], history: HISTORY, checks: [] };

function differing(change: Partial<ComparedRun>): string {
  return differenceLines(RUN, { ...RUN, ...change }).join("\n");
}

test("lists differ at the first that is not the same, or is not there", () => {
  expect(firstDifference(["a", "b"], ["a", "b"])).toBeNull();
  expect(firstDifference(["a", "b"], ["a", "c"])).toEqual({
    index: 1,
    before: "a",
    one: "b",
    other: "c",
  });
  expect(firstDifference(["a"], ["a", "c"])).toEqual({
    index: 1,
    before: "a",
    one: undefined,
    other: "c",
  });
});

test("runs of the same events are told apart by the first answer and the first final", () => {
  const [record] = HISTORY.records;
  const told = differing({
    history: {
      ...HISTORY,
      records: [{ ...record, accepted: false }] as RunHistory["records"],
      finals: [{ ...FINAL, treeDigest: "bb" }],
    },
  });
  expect(told).toContain("All 2 events are the same, byte by byte.");
  expect(told).toContain("first difference in the history records: number 0");
  expect(told).toContain("  accepted: true and false");
  expect(told).toContain('first difference in the finals: number 0\n  after other seeds {"server');
  expect(told).toContain('  treeDigest: "aa" and "bb"');
});

test("messages that differ in their bytes alone are told by the bytes", () => {
  const message = (content: string): TraceEvent => {
    const text = "PING";
    return { kind: "message", atMs: 1, from: "s1", to: "s2", arriveMs: 2, bytes: 4, text, content };
  };
  const one = { ...RUN, trace: [phase("a"), message("00010203")] };
  const other = { ...RUN, trace: [phase("a"), message("0001ff03")] };
  expect(differenceLines(one, other)).toEqual([
    "first difference: event 1",
    '  the same before   {"kind":"phase","atMs":1,"text":"a"}',
    expect.stringContaining('after other seeds {"kind":"message"'),
    expect.stringContaining('another process   {"kind":"message"'),
    "  the bytes differ from byte 2 on",
    "  after other seeds 00010203",
    "  another process   0001ff03",
  ]);
});

test("a log that is longer, and runs that are the same this time", () => {
  const txn = { zxid: 7, hash: "77" } as RunHistory["finals"][number]["log"][number];
  const told = differing({ history: { ...HISTORY, finals: [{ ...FINAL, log: [txn] }] } });
  expect(told).toContain("first difference in the log of server 1: number 0");
  expect(told).toContain("after other seeds nothing: it has ended");
  expect(differing({})).toContain("Nothing differs this time");
});
