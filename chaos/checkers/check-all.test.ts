import { describe, expect, test } from "vitest";
import type { HistoryRecord, OpRecord, RunHistory, ServerTxn } from "../../results/history.ts";
import type { CheckResult, Verdict } from "../../results/schema.ts";
import { checkAll, CHECKERS, composeVerdict } from "./check-all.ts";
import { defineChecker } from "./checker.ts";
import { generateRun } from "./generated-run.ts";
import { Story, z } from "./story.ts";

const SEEDS = Array.from({ length: 25 }, (_, seed) => seed + 1);

function failed(history: RunHistory): string[] {
  return checkAll(history)
    .filter((result) => result.verdict !== "pass")
    .map((result) => result.id);
}

describe("generated histories", () => {
  test.each(SEEDS)("a correct ensemble passes every check (seed %i)", (seed) => {
    const results = checkAll(generateRun(seed));
    const complaints = results.flatMap((one) => one.violations.map((two) => two.message));
    expect(complaints).toEqual([]);
    expect(results.map((one) => one.verdict)).toEqual(CHECKERS.map(() => "pass"));
  });

  function changeOps(history: RunHistory, change: (op: OpRecord) => OpRecord): RunHistory {
    const records = history.records.map((one) => (one.kind === "op" ? change(one) : one));
    return { ...history, records };
  }

  /** Changes the last operation that the filter lets through, and nothing else. */
  function changeOne(
    history: RunHistory,
    filter: (op: OpRecord) => boolean,
    change: Partial<OpRecord> | ((op: OpRecord) => Partial<OpRecord>),
  ): RunHistory {
    const ops = history.records.filter((one) => one.kind === "op");
    const victim = ops.findLast((op) => op.outcome === "ok" && filter(op));
    if (victim === undefined) throw new Error("the generated run has no such operation");
    const changes = typeof change === "function" ? change(victim) : change;
    return changeOps(history, (op) => (op === victim ? { ...op, ...changes } : op));
  }

  function changeLogs(
    history: RunHistory,
    change: (log: readonly ServerTxn[], server: number) => readonly ServerTxn[],
  ): RunHistory {
    const finals = history.finals.map((one) => ({ ...one, log: change(one.log, one.server) }));
    return { ...history, finals };
  }

  const breakages: [string, string[], (history: RunHistory) => RunHistory][] = [
    [
      "one server lacks a transaction in the middle",
      ["C1"],
      (history) => changeLogs(history, (log, id) => (id === 2 ? log.toSpliced(50, 1) : log)),
    ],
    [
      "a write ends before it could",
      ["C3"],
      (history) => {
        // Sent when the run was over, though others were acknowledged with higher zxids before.
        const atMs = history.endMs - 50;
        const times = { invokeMs: atMs, completeMs: atMs + 1, client: 99, server: 0 };
        const early = (op: OpRecord): boolean =>
          op.op === "setData" && op.invokeMs > 12_000 && op.invokeMs < 15_000;
        return changeOne(history, early, times);
      },
    ],
    [
      "two replies of a connection are swapped",
      ["C4"],
      (history) => {
        const before = new Map<number, HistoryRecord>();
        const follows = (record: HistoryRecord): boolean => {
          if (record.kind === "fence") return false;
          const last = before.get(record.client);
          before.set(record.client, record);
          if (record.kind !== "op" || record.op !== "getData" || record.outcome !== "ok")
            return false;
          return last?.kind === "op" && last.outcome === "ok";
        };
        const victim = history.records.filter(follows).at(-1);
        return changeOne(history, (op) => op === victim, { xid: 0 });
      },
    ],
    [
      "a read shows another value",
      ["C5"],
      (history) => changeOne(history, (op) => op.op === "getData", { value: "never written" }),
    ],
    [
      "the log has another value than was acknowledged",
      ["C7"],
      (history) => changeOne(history, (op) => op.op === "setData", { value: "not that" }),
    ],
    [
      "an ephemeral is left on one server",
      ["C9"],
      (history) => ({
        ...history,
        finals: history.finals.map((final) => ({
          ...final,
          ephemerals: { ...final.ephemerals, "0xdead": ["/lock/c-0000000000"] },
        })),
      }),
    ],
    [
      "a fenced write with an old token is accepted",
      ["C11"],
      (history) => {
        const fence = history.records.find((one) => one.kind === "fence");
        if (fence === undefined) throw new Error("the generated run has no fenced write");
        return { ...history, records: [...history.records, { ...fence, atMs: history.endMs }] };
      },
    ],
    [
      "a server stops by itself",
      ["C12"],
      (history) => ({
        ...history,
        crashes: [{ server: 1, atMs: 5_000, exit: "exit code 1", lastLines: ["why"] }],
      }),
    ],
  ];

  test.each(breakages)("%s: that check says so and no other", (_, ids, breakIt) => {
    for (const seed of SEEDS.slice(0, 5)) expect(failed(breakIt(generateRun(seed)))).toEqual(ids);
  });

  test("dropping the last transaction of every log breaks reliability", () => {
    const history = generateRun(3);
    expect(failed(changeLogs(history, (log) => log.slice(0, -2)))).toContain("C7");
  });

  test("a sequential number that was given before breaks the names", () => {
    const history = generateRun(3);
    const created = "/lock/c-0000000000";
    const late = changeOne(history, (op) => op.op === "create" && op.flags === 3, { created });
    expect(failed(late)).toContain("C10");
  });
});

describe("checkAll", () => {
  test("runs the checkers that are asked for, and refuses an unknown one", () => {
    const history = generateRun(1);
    expect(checkAll(history, { only: ["C7", "C1"] }).map((one) => one.id)).toEqual(["C1", "C7"]);
    expect(() => checkAll(history, { only: ["C99"] })).toThrow(
      "only: there is no checker C99; there are C1, C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, " +
        "C12, C13",
    );
  });

  test("a checker that crashes is unknown, and the others go on", () => {
    const crashing = defineChecker({ id: "CX", name: "x", guarantee: "x" }, () => {
      throw new TypeError("cannot read");
    });
    const fine = defineChecker({ id: "CY", name: "y", guarantee: "y" }, () => ({
      looked: { things: 1 },
    }));
    const results = checkAll(new Story().history(), { checkers: [crashing, fine] });
    expect(results.map((one) => one.verdict)).toEqual(["unknown", "pass"]);
    expect(results[0]?.note).toContain("the checker crashed: TypeError: cannot read");
    expect(results[0]?.note).not.toContain(import.meta.dirname);
  });

  test("an empty history is unknown to every checker", () => {
    const history = { ...new Story().history(), finals: [] };
    const verdicts = new Set(checkAll(history).map((one) => one.verdict));
    expect([...verdicts]).toEqual(["unknown"]);
  });

  test("five violations are kept, all are counted", () => {
    const story = new Story();
    for (let i = 1; i <= 8; i++)
      story
        .client(i)
        .set("/a", "x")
        .unlogged()
        .at(i, i + 1)
        .ok(z(i));
    const [result] = checkAll(story.history(), { only: ["C7"] });
    expect(result).toMatchObject({ verdict: "fail", violationCount: 8 });
    expect(result?.violations).toHaveLength(5);
  });
});

describe("composeVerdict", () => {
  function result(id: string, verdict: Verdict, message = ""): CheckResult {
    const violations = message === "" ? [] : [{ message, evidence: [], atMs: null, faults: [] }];
    const rest = { looked: {}, note: "no data", violationCount: violations.length, elapsedMs: 0 };
    return { id, name: "name", guarantee: "", verdict, violations, ...rest };
  }
  const pass = result("C1", "pass");
  const unknown = result("C2", "unknown");
  const fail = result("C3", "fail", "It broke.");

  test.each([
    [[pass], [], "pass", []],
    [[pass, unknown], [], "unknown", ["C2 name: no data"]],
    [
      [pass, unknown],
      ["a fault never fired"],
      "invalid",
      ["a fault never fired", "C2 name: no data"],
    ],
    [
      [unknown, fail],
      ["a fault never fired"],
      "fail",
      ["C3 name: It broke.", "a fault never fired", "C2 name: no data"],
    ],
    [[], [], "unknown", ["No checker was run."]],
  ] as const)("the worst decides: %#", (results, invalidReasons, verdict, reasons) => {
    expect(composeVerdict(results, { invalidReasons })).toEqual({ verdict, reasons });
  });
});
