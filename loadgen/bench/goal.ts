/** A limit that a figure has to keep. */
export interface Goal {
  /** As it is printed: `≥ 3 ×`. */
  readonly text: string;
  /** Whether this value keeps the limit. */
  keeps(value: number): boolean;
}

export type GoalResult = {
  readonly goal: Goal;
} & (
  | { readonly outcome: "reached" | "missed"; readonly value: string }
  /** `expected`: it was not asked for, so that nobody misses it. */
  | { readonly outcome: "not judged"; readonly reason: string; readonly expected: boolean }
);

/** The limits that this server has to keep now; later ones are tighter. */
export const GOALS = {
  throughput: { text: "≥ 3 × zookeeper", keeps: (ratio) => ratio >= 3 },
  outage: { text: "median ≤ 200 ms", keeps: (medianMs) => medianMs <= 200 },
  sessions: { text: "< 100 MB in total", keeps: (megabytes) => megabytes < 100 },
} as const satisfies Record<string, Goal>;

/** `shown` is the value with its unit. */
export function judge(goal: Goal, value: number, shown: string): GoalResult {
  return { goal, outcome: goal.keeps(value) ? "reached" : "missed", value: shown };
}

export function notJudged(goal: Goal, reason: string, expected: boolean): GoalResult {
  return { goal, outcome: "not judged", reason, expected };
}

export function goalLine(result: GoalResult): string {
  const detail = result.outcome === "not judged" ? result.reason : result.value;
  return `goal ${result.goal.text}: ${result.outcome} (${detail})`;
}
