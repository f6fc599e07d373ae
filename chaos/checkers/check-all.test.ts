import { describe, expect, test } from "vitest";
import type { CheckResult, Verdict } from "../../results/schema.ts";
import { checkAll, CHECKERS, composeVerdict } from "./check-all.ts";
import { defineChecker } from "./checker.ts";
import { generateRun } from "./generated-run.ts";
import { Story, z } from "./story.ts";

const SEEDS = Array.from({ length: 25 }, (_, seed) => seed + 1);

describe("generated histories", () => {
  test.each(SEEDS)("a correct ensemble passes every check (seed %i)", (seed) => {
    const results = checkAll(generateRun(seed));
    const complaints = results.flatMap((one) => one.violations.map((two) => two.message));
    expect(complaints).toEqual([]);
    expect(results.map((one) => one.verdict)).toEqual(CHECKERS.map(() => "pass"));
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
