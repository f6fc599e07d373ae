/** Candidates for a plan that is shorter, and whose times are rounder. */
import type { SimFault, SimOp, SimPlan } from "../plan.ts";
import type { Simplify } from "./simpler-settings.ts";

const CUTS = [0.25, 0.5, 0.75, 0.9] as const;
/** What is left of pauses in which nothing is planned, ms. */
const PAUSES_MS = [100, 500, 1_000, 2_000, 5_000] as const;
/** A fault that is held for less is no smaller a story. */
const HOLD_MIN_MS = 100;
const ROUND_MS = [1_000, 100, 10, 1] as const;
/** After the last thing that is planned, ms. */
const TAIL_MS = 500;
/** Room to bring the ensemble up before the first thing, which no pause is shortened to, ms. */
const HEAD_MS = 1_000;

export const SHORTER: Simplify = (plan) => {
  const cuts = CUTS.map((share) => endingAt(plan, Math.round(plan.safetyMs * share)));
  const lastMs = Math.max(0, ...[...plan.ops, ...plan.faults].map(({ atMs }) => atMs));
  const tail = endingAt(plan, Math.round(lastMs) + TAIL_MS);
  return [...cuts, tail].filter(({ safetyMs }) => safetyMs < plan.safetyMs);
};

export const SIMPLER_TIMES: readonly Simplify[] = [shorterPauses, shorterHolds, rounderTimes];

/** The faults are taken back at this time; what was planned for later is left out. */
function endingAt(plan: SimPlan, safetyMs: number): SimPlan {
  const inTime = <T extends { readonly atMs: number }>(all: readonly T[]): T[] =>
    all.filter(({ atMs }) => atMs < safetyMs);
  return { ...plan, safetyMs, ops: inTime(plan.ops), faults: inTime(plan.faults) };
}

function shorterPauses(plan: SimPlan): SimPlan[] {
  return PAUSES_MS.map((pauseMs) => withPauses(plan, pauseMs)).filter(
    ({ safetyMs }) => safetyMs < plan.safetyMs,
  );
}

/** No pause between any two things that are planned is longer than this. */
function withPauses(plan: SimPlan, pauseMs: number): SimPlan {
  const ends = plan.faults.map(({ atMs, holdMs }) => Math.min(atMs + holdMs, plan.safetyMs));
  const times = [
    ...plan.ops.map(({ atMs }) => atMs),
    ...plan.faults.map(({ atMs }) => atMs),
    ...ends,
  ];
  const sorted = [...new Set([...times, plan.safetyMs])].toSorted((a, b) => a - b);
  const newTimes = new Map<number, number>();
  let beforeMs = 0;
  let nowMs = 0;
  for (const atMs of sorted) {
    const pauseMaxMs = beforeMs === 0 ? Math.max(pauseMs, HEAD_MS) : pauseMs;
    nowMs += Math.min(atMs - beforeMs, pauseMaxMs);
    newTimes.set(atMs, nowMs);
    beforeMs = atMs;
  }
  const at = (ms: number): number => newTimes.get(ms) ?? ms;
  return {
    ...plan,
    safetyMs: at(plan.safetyMs),
    ops: plan.ops.map((op) => ({ ...op, atMs: at(op.atMs) })),
    faults: plan.faults.map((fault) => {
      const endMs = Math.min(fault.atMs + fault.holdMs, plan.safetyMs);
      return { ...fault, atMs: at(fault.atMs), holdMs: at(endMs) - at(fault.atMs) };
    }),
  };
}

function shorterHolds(plan: SimPlan): SimPlan[] {
  return plan.faults.flatMap((fault, index) =>
    [HOLD_MIN_MS, 1_000, Math.round(fault.holdMs / 2)]
      .filter((holdMs) => holdMs >= HOLD_MIN_MS && holdMs < fault.holdMs)
      .map((holdMs) => withFault(plan, index, { ...fault, holdMs })),
  );
}

function withFault(plan: SimPlan, index: number, fault: SimFault): SimPlan {
  return { ...plan, faults: plan.faults.map((each, at) => (at === index ? fault : each)) };
}

function rounderTimes(plan: SimPlan): SimPlan[] {
  const before = JSON.stringify(plan);
  return ROUND_MS.map((unitMs) => {
    const round = (ms: number): number => Math.round(ms / unitMs) * unitMs;
    const rounded = (op: SimOp): SimOp => ({ ...op, atMs: round(op.atMs) });
    return {
      ...plan,
      safetyMs: Math.ceil(plan.safetyMs / unitMs) * unitMs,
      ops: plan.ops.map(rounded),
      faults: plan.faults.map((fault) => ({
        ...fault,
        atMs: round(fault.atMs),
        holdMs: round(fault.holdMs) || fault.holdMs,
      })),
    };
  }).filter((each) => JSON.stringify(each) !== before && isRounder(each, plan));
}

/** As text the times take less room: a coarser rounding is never taken back by a finer one. */
function isRounder(candidate: SimPlan, plan: SimPlan): boolean {
  return timesText(candidate).length < timesText(plan).length;
}

function timesText({ safetyMs, ops, faults }: SimPlan): string {
  const times = [...ops, ...faults].map(({ atMs }) => significant(atMs));
  return [significant(safetyMs), ...times, ...faults.map(({ holdMs }) => significant(holdMs))].join(
    " ",
  );
}

/** 12,300 → `123`, 12.25 → `12.25`. */
function significant(ms: number): string {
  return String(ms).replace(/0+$/, "");
}
