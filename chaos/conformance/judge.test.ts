import { describe, expect, test } from "vitest";
import type { Exception } from "./exceptions.ts";
import { judgeSuite } from "./judge.ts";
import type { CaseResult, SuiteResult } from "./suite-run.ts";
import type { TargetName } from "./targets.ts";

function result(cases: Readonly<Record<string, unknown>>): SuiteResult {
  const results = Object.entries(cases).map(([name, observed]): [string, CaseResult] => [
    name,
    observed instanceof Error
      ? { kind: "error", error: observed.message }
      : { kind: "observed", observed },
  ]);
  return { cases: new Map(results), broken: null, log: [], durationMs: 1 };
}

function judge(
  targets: Partial<Record<TargetName, Readonly<Record<string, unknown>>>>,
  exceptions: readonly Exception[] = [],
  partial = false,
): readonly string[] {
  const results = new Map<TargetName, SuiteResult>();
  for (const [name, cases] of Object.entries(targets)) {
    results.set(name as TargetName, result(cases));
  }
  const { findings } = judgeSuite(results, exceptions, partial);
  return findings.map(({ target, caseName, what }) => `${target} ${caseName}: ${what.join("; ")}`);
}

function excepted(target: Exception["target"]): Exception {
  return { suite: "s", case: "a", target, why: "a reason" };
}

describe("the judge of a suite", () => {
  test("passes what is the same everywhere, whatever the order of keys", () => {
    const [one, other] = [{ a: { x: 1, y: [2] } }, { a: { y: [2], x: 1 } }];
    expect(judge({ reference: one, "zookeeper-3.8": other, "zookeeper-3.9": one })).toEqual([]);
  });

  test("names where ours differs from 3.9", () => {
    const found = judge({ reference: { a: { x: [1, 2] } }, "zookeeper-3.9": { a: { x: [1, 3] } } });
    expect(found).toEqual(["reference a: .x[1]: expected 3, found 2"]);
  });

  test("compares 3.8 with 3.9 as well", () => {
    const found = judge({ "zookeeper-3.8": { a: 1 }, "zookeeper-3.9": { a: 2 } });
    expect(found).toEqual(["zookeeper-3.8 a: expected 2, found 1"]);
  });

  test("takes a case that broke or was not run for a failure, also on the judge", () => {
    const broken = { a: new Error("no end") };
    expect(judge({ reference: { a: 1 }, "zookeeper-3.9": broken })).toEqual([
      "zookeeper-3.9 a: broke: no end",
    ]);
    expect(judge({ reference: { b: 1 }, "zookeeper-3.9": { a: 1, b: 1 } })).toEqual([
      "reference a: was not run",
    ]);
  });

  test("takes a run without any case for a failure", () => {
    expect(judge({ reference: {} })).toEqual(["reference null: no case was run"]);
  });

  test("lets a listed difference pass, and not one that does not happen any more", () => {
    const differing = { reference: { a: 1 }, "zookeeper-3.9": { a: 2 } };
    expect(judge(differing, [excepted("reference")])).toEqual([]);
    const same = { reference: { a: 1 }, "zookeeper-3.9": { a: 1 } };
    expect(judge(same, [excepted("reference")])[0]).toMatch(/does not differ/);
  });

  test("says of an exception that there is no such case, unless only some cases were asked for", () => {
    const cases = { reference: { b: 1 }, "zookeeper-3.9": { b: 1 } };
    expect(judge(cases, [excepted("reference")])).toEqual([
      "reference a: is listed as an exception, but there is no such case",
    ]);
    expect(judge(cases, [excepted("reference")], true)).toEqual([]);
  });

  test("has 3.8 judge where 3.9 is missing, except where 3.8 is known to differ from it", () => {
    const cases = { reference: { a: 1, b: 1 }, "zookeeper-3.8": { a: 2, b: 2 } };
    expect(judge(cases, [excepted("zookeeper-3.8")])).toEqual(["reference b: expected 2, found 1"]);
  });

  test("takes everything that the judge showed in any of its runs for right, and ours once only", () => {
    const first = new Map<TargetName, SuiteResult>([
      ["reference", result({ a: 1 })],
      ["zookeeper-3.8", result({ a: new Error("no end") })],
      ["zookeeper-3.9", result({ a: 2 })],
    ]);
    const again = (judge: readonly unknown[]) =>
      new Map<TargetName, readonly SuiteResult[]>([
        ["zookeeper-3.8", [result({ a: 3 }), result({ a: 2 })]],
        ["zookeeper-3.9", judge.map((a) => result({ a }))],
      ]);
    const findings = (judge: readonly unknown[]): readonly string[] =>
      judgeSuite(first, [], true, again(judge)).findings.map(({ what }) => what.join("; "));
    expect(findings([2, 1])).toEqual([]);
    expect(findings([2, 2])).toEqual(["expected 2, found 1"]);
    expect(findings([new Error("no end"), 2])).toEqual(["expected 2, found 1"]);
  });

  test("does not take a judge that broke once for broken when it came to an end another time", () => {
    const first = new Map<TargetName, SuiteResult>([
      ["reference", result({ a: 1 })],
      ["zookeeper-3.9", result({ a: new Error("no end") })],
    ]);
    const findings = (a: unknown): readonly string[] =>
      judgeSuite(first, [], true, new Map([["zookeeper-3.9", [result({ a })]]])).findings.map(
        ({ target, what }) => `${target}: ${what.join("; ")}`,
      );
    expect(findings(1)).toEqual([]);
    expect(findings(2)).toEqual(["reference: expected 2, found 1"]);
  });
});
