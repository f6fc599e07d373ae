import type { Env } from "../../server/env.ts";
import type { FaultRecord, HistoryRecord } from "../../results/history.ts";
import type {
  CheckResult,
  OperationFigures,
  OutageFigures,
  SeriesFile,
} from "../../results/schema.ts";
import type { GoalResult } from "./goal.ts";
import type { Meter } from "./meter.ts";

export const PARTS = ["throughput", "outage", "sessions"] as const;
/** What a benchmark measures, one after the other: each with an ensemble of its own. */
export type PartName = (typeof PARTS)[number];

export interface BenchOutput {
  /** The result, line by line. */
  line(text: string): void;
  /** How it goes, while it goes. */
  progress(text: string): void;
}

export interface JsonOutput extends BenchOutput {
  /** The result for a program; said only if it was asked for. */
  json(result: object): void;
}

/** What every part is given to work with. */
export interface BenchContext {
  readonly env: Env;
  readonly meter: Meter;
  readonly output: BenchOutput;
  /** Ends the benchmark early. */
  readonly signal: AbortSignal;
  /** `env.clock.nowMs()` at the start of the run: recorded times count from here. */
  readonly originMs: number;
  readonly seed: number;
}

/** What a part found out; whatever is absent it has not looked at. */
export interface PartResult {
  /** For a person, without the goal. */
  readonly lines: readonly string[];
  /** By name, with the unit in the name; none if the measurement is invalid. */
  readonly figures: Readonly<Record<string, number>>;
  readonly goal: GoalResult | null;
  /** Why the measurement deserves no trust: a sentence each. */
  readonly invalid: readonly string[];
  readonly checks?: readonly CheckResult[];
  readonly operations?: readonly OperationFigures[];
  readonly outages?: readonly OutageFigures[];
  readonly faults?: readonly FaultRecord[];
  readonly series?: SeriesFile["series"];
  readonly history?: readonly HistoryRecord[];
}
