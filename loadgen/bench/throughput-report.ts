import { formatCount, formatUs } from "../../results/format.ts";
import type { CheckResult, SeriesFile } from "../../results/schema.ts";
import { MAX_THROUGHPUT } from "../workloads/max-throughput.ts";
import { GOALS, judge, notJudged, type GoalResult } from "./goal.ts";
import { spreadOf, type Spread } from "./median.ts";
import { mergedOperations } from "./merged-operations.ts";
import { checkResults } from "./online-checks.ts";
import type { PartResult } from "./part.ts";
import type { Subject, ThroughputOptions } from "./throughput.ts";
import { doubts, type Trial } from "./trial.ts";

const MB = 1e6;
/** Above this the load generator, not the servers, may have set the pace of a closed loop. */
const BUSY_MAX = 0.97;
/** With more of the CPU taken by others, it is not the targets that were measured. */
const OTHERS_MAX = 0.1;
const REFERENCE = "reference";
const PEER = "zookeeper";

/** Sums the first subject up, and compares it with the second. `missing` says why there is none. */
export function throughputResult(
  subjects: readonly Subject[],
  options: ThroughputOptions,
  missing: { readonly reason: string; readonly expected: boolean } | null,
): PartResult {
  const [own, other] = subjects;
  if (own === undefined) throw new Error("nothing was measured");
  const invalid = subjects.flatMap((subject) =>
    doubtsOf(subject).map((reason) => `throughput of ${subject.name}: ${reason}`),
  );
  const checks = checksOf(own);
  const peerBroke = other === undefined ? [] : checksOf(other).filter(isBroken);
  invalid.push(
    ...peerBroke.map(
      ({ id, name }) => `throughput of ${other?.name}: its replies broke ${id} ${name}`,
    ),
  );
  const trusted = invalid.length === 0;
  const compared = trusted && other !== undefined ? comparison(own, other, options) : null;
  return {
    lines: [
      heading(options),
      ...subjects.flatMap((subject) => subjectLines(subject, trusted)),
      ...(compared?.lines ?? []),
    ],
    figures: trusted
      ? { ...Object.assign({}, ...subjects.map(subjectFigures)), ...compared?.figures }
      : {},
    goal: goalOf(own, other, options, trusted, compared, missing),
    invalid,
    checks,
    operations: mergedOperations(own.trials),
    series: subjects.flatMap(series),
  };
}

interface Comparison {
  readonly lines: readonly string[];
  readonly figures: Readonly<Record<string, number>>;
  readonly ratio: number;
}

function comparison(own: Subject, other: Subject, options: ThroughputOptions): Comparison {
  const ratio = spreadOf(rates(own)).median / spreadOf(rates(other)).median;
  const perRound = spreadOf(
    own.trials.map(({ opsPerSecond }, round) => opsPerSecond / (rates(other)[round] as number)),
  );
  const cpu = known(own, "cpuUsPerOp");
  const otherCpu = known(other, "cpuUsPerOp");
  // A short round may cost less than the system's smallest unit of CPU time.
  const isKnown = cpu !== null && otherCpu !== null && cpu.median > 0;
  const cpuRatio = isKnown ? otherCpu.median / cpu.median : null;
  const cpuText = cpuRatio === null ? "" : `${cpuRatio.toFixed(2)} × less CPU per operation`;
  // At a given rate all do the same number of operations: only what they cost differs.
  const closed = options.rate === null;
  const text = `${ratio.toFixed(2)} × the operations of ${other.name} (rounds: ${perRound.min.toFixed(2)} to ${perRound.max.toFixed(2)})`;
  const said = [...(closed ? [text] : []), ...(cpuText === "" ? [] : [cpuText])];
  return {
    lines: said.length === 0 ? [] : [`  ${own.name}: ${said.join(", ")}`],
    figures: {
      ...(closed
        ? { ratio_ops: ratio, ratio_ops_round_min: perRound.min, ratio_ops_round_max: perRound.max }
        : {}),
      ...(cpuRatio === null ? {} : { ratio_cpu_per_op: cpuRatio }),
    },
    ratio,
  };
}

function goalOf(
  own: Subject,
  other: Subject | undefined,
  options: ThroughputOptions,
  trusted: boolean,
  compared: Comparison | null,
  missing: { readonly reason: string; readonly expected: boolean } | null,
): GoalResult | null {
  const goal = GOALS.throughput;
  if (own.name !== REFERENCE) return null;
  if (other === undefined) {
    return missing === null ? null : notJudged(goal, missing.reason, missing.expected);
  }
  if (other.name !== PEER) return null;
  const changed = (["connections", "outstanding", "znodes", "valueBytes", "readsPerWrite"] as const)
    .filter((key) => options[key] !== MAX_THROUGHPUT[key])
    .concat(options.rate === null ? [] : ["outstanding"]);
  if (changed.length > 0) return notJudged(goal, "it is one of the load without flags", true);
  if (!trusted || compared === null) return notJudged(goal, "the measurement is invalid", false);
  return judge(goal, compared.ratio, `${compared.ratio.toFixed(2)} ×`);
}

function heading(options: ThroughputOptions): string {
  const load =
    options.rate === null
      ? `${options.outstanding} outstanding each`
      : `${formatCount(options.rate)} arrivals per second`;
  return `throughput: ${options.readsPerWrite}:1 reads to writes, ${formatCount(options.znodes)} znodes of ${formatCount(options.valueBytes)} bytes, ${options.connections} connections, ${load}; rounds: ${options.rounds} of ${options.durationMs / 1000} s each`;
}

function subjectLines(subject: Subject, trusted: boolean): string[] {
  const { name, trials, warmUp } = subject;
  const doubt = doubtsOf(subject)[0];
  if (doubt !== undefined) return [`  ${name}: no figure: ${doubt}`];
  const cpu = known(subject, "cpuUsPerOp");
  const rss = known(subject, "rssBytes");
  const busy = spreadOf(trials.map(({ generatorBusy }) => generatorBusy * 100));
  const errors = trials.reduce((sum, trial) => sum + trial.errors, 0);
  const mark = trusted ? "" : " (not to be compared)";
  const lines = [
    `  ${name}: ${range(spreadOf(rates(subject)), formatCount)} ops/s${mark}, servers' CPU ${cpu === null ? "not known" : `${range(cpu, (us) => us.toFixed(1))} µs/op`}, resident ${rss === null ? "not known" : `${Math.round(rss.median / MB)} MB`}, errors ${errors}`,
    `    ${warmUp === null ? "not warmed up" : `warmed up ${Math.round(warmUp.seconds)} s, ${warmUp.settled ? "until its rate stopped rising" : "its rate still rising"}`}; load generator ${Math.round(busy.median)} % busy${busy.median > BUSY_MAX * 100 ? ": it may have set the pace" : ""}${othersText(subject)}`,
  ];
  for (const { op, ok, latency } of mergedOperations(trials)) {
    if (op !== "getData" && op !== "setData") continue;
    const { p50, p99, p999, max } = latency;
    const times = [p50, p99, p999, max].map(formatUs).join(" / ");
    lines.push(`    ${op}: ${formatCount(ok)} ok, p50 / p99 / p99.9 / max ${times}`);
  }
  const checks = checksOf(subject);
  if (checks.length > 0) {
    const said = checks.map(
      ({ id, name: what, looked, violationCount }) =>
        `${id} ${what} of ${formatCount(looked["replies"] ?? 0)} replies: ${violationCount} violations`,
    );
    lines.push(`    ${said.join("; ")}`);
    for (const check of checks) {
      lines.push(...check.violations.map(({ message }) => `      ${message}`));
    }
  }
  return lines;
}

/** Why a target's figures deserve no trust; empty when they do. */
function doubtsOf(subject: Subject): string[] {
  const found = new Set(subject.trials.flatMap(doubts));
  const others = known(subject, "othersShare");
  if (others !== null && others.median > OTHERS_MAX) {
    found.add(
      `other processes took ${percent(others.median)} of the machine's CPU: measure when it is quiet`,
    );
  }
  return [...found];
}

function othersText(subject: Subject): string {
  const others = known(subject, "othersShare");
  return others === null ? "" : `; other processes took ${percent(others.median)} of the CPU`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** `168,000 (median of 3: 160,100 to 170,200)`. */
function range(spread: Spread, format: (value: number) => string): string {
  if (spread.count < 2) return format(spread.median);
  return `${format(spread.median)} (median of ${spread.count}: ${format(spread.min)} to ${format(spread.max)})`;
}

function subjectFigures(subject: Subject): Record<string, number> {
  const { name, trials } = subject;
  const ops = spreadOf(rates(subject));
  const cpu = known(subject, "cpuUsPerOp");
  const rss = known(subject, "rssBytes");
  const others = known(subject, "othersShare");
  return {
    [`${name}_ops_per_s_median`]: ops.median,
    [`${name}_ops_per_s_min`]: ops.min,
    [`${name}_ops_per_s_max`]: ops.max,
    ...(cpu === null ? {} : { [`${name}_cpu_us_per_op`]: cpu.median }),
    ...(rss === null ? {} : { [`${name}_rss_mb`]: rss.median / MB }),
    ...(others === null ? {} : { [`${name}_other_cpu_percent`]: others.median * 100 }),
    [`${name}_generator_busy_percent`]: spreadOf(trials.map((each) => each.generatorBusy * 100))
      .median,
  };
}

function rates({ trials }: Subject): number[] {
  return trials.map(({ opsPerSecond }) => opsPerSecond);
}

/** Null if a trial does not know it. */
function known(subject: Subject, key: "cpuUsPerOp" | "rssBytes" | "othersShare"): Spread | null {
  const values = subject.trials.map((trial) => trial[key]).filter((value) => value !== null);
  return values.length === subject.trials.length && values.length > 0 ? spreadOf(values) : null;
}

function checksOf({ trials }: Subject): CheckResult[] {
  return checkResults(trials.map(({ checks }: Trial) => checks).filter((each) => each !== null));
}

function isBroken(check: CheckResult): boolean {
  return check.violationCount > 0;
}

/** All rounds after each other; the reference's own names are those of every run. */
function series({ name, trials }: Subject): SeriesFile["series"] {
  const names = trials[0]?.figures.series.map((each) => each.name) ?? [];
  return names.map((each) => ({
    name: name === REFERENCE ? each : `${name}_${each}`,
    unit: "1/s",
    server: null,
    points: trials.flatMap(
      ({ figures }) => figures.series.find((one) => one.name === each)?.points ?? [],
    ),
  }));
}
