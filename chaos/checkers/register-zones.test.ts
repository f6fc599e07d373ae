import { expect, test } from "vitest";
import type { OpRecord } from "../../results/history.ts";
import { seededRandom } from "./generated-ensemble.ts";
import { ABSENT, stepRegister, UNKNOWN } from "./register-model.ts";
import type { RegisterState } from "./register-model.ts";
import type { Register, RegisterOperation } from "./register-operations.ts";
import { judgeZones } from "./register-zones.ts";

/** A few reads and writes at random times: true ones, and others. */
function generate(seed: number): Register {
  const random = seededRandom(seed);
  const operations: RegisterOperation[] = [];
  const writes = 1 + Math.floor(random() * 3);
  for (let index = 0; index < writes + 3; index++) {
    const isWrite = index < writes;
    const invokeMs = Math.floor(random() * 12);
    const isLost = isWrite && random() < 0.2;
    const returnMs = isLost ? Number.POSITIVE_INFINITY : invokeMs + Math.floor(random() * 5);
    const value = `v${isWrite ? index : Math.floor(random() * (writes + 0.5))}`;
    const step = { type: isWrite ? "setData" : "read", code: 0, value } as const;
    const op = { id: index } as OpRecord;
    operations.push({ op, invokeMs, returnMs, steps: [step] });
  }
  operations.sort((a, b) => a.invokeMs - b.invokeMs);
  const created = random() < 0.7;
  if (created) operations.unshift(creation());
  return { path: "/k", operations, created };
}

function creation(): RegisterOperation {
  const step = { type: "create", code: 0, value: "first" } as const;
  return { op: { id: -1 } as OpRecord, invokeMs: -2, returnMs: -1, steps: [step] };
}

function begin({ created }: Register): RegisterState {
  return created ? ABSENT : UNKNOWN;
}

/** The naive twin: tries all orders that respect time; what was not answered may be left out. */
function hasOrder(left: readonly RegisterOperation[], state: RegisterState): boolean {
  const firstReturnMs = Math.min(...left.map(({ returnMs }) => returnMs));
  if (firstReturnMs === Number.POSITIVE_INFINITY) return true;
  return left.some((operation) => {
    if (operation.invokeMs > firstReturnMs) return false;
    const [step] = operation.steps;
    const after = step === undefined ? null : stepRegister(state, step);
    return (
      after !== null &&
      hasOrder(
        left.filter((one) => one !== operation),
        after,
      )
    );
  });
}

test("says what a naive search says", () => {
  const said = { linearizable: 0, violation: 0, "not known": 0 };
  for (let seed = 1; seed <= 4_000; seed++) {
    const register = generate(seed);
    const { outcome } = judgeZones(register);
    said[outcome]++;
    if (outcome === "not known") continue;
    const isRight = hasOrder(register.operations, begin(register)) === (outcome === "linearizable");
    expect(isRight, `seed ${seed}: ${outcome}`).toBe(true);
  }
  expect(Math.min(...Object.values(said))).toBeGreaterThan(100);
});

test("those that have no order have none by themselves", () => {
  for (let seed = 1; seed <= 1_000; seed++) {
    const register = generate(seed);
    const result = judgeZones(register);
    if (result.outcome !== "violation") continue;
    const all = [creation(), ...result.conflict.filter(({ invokeMs }) => invokeMs >= 0)];
    expect(hasOrder(all, ABSENT), `seed ${seed}`).toBe(false);
    expect(result.conflict).toContain(result.misfit);
  }
});
