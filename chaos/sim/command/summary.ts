/** The end of `npm run sim` for a person and for a program. */
import { formatCount, formatNumber } from "../../../results/format.ts";
import { summarizeChecks, VERDICT_STYLE } from "../../../results/summary-checks.ts";
import { TerminalText } from "../../../results/terminal-text.ts";
import { COVERAGE, COVERAGE_SEEDS_MIN } from "../coverage.ts";
import { shortCommit } from "../report/short-commit.ts";
import { counted, type SetVerdict } from "./verdict.ts";
import type { Tally } from "./tally.ts";

export interface SetFigures {
  readonly firstSeed: number;
  /** Of the generator, that ended. */
  readonly seeds: number;
  /** Of the corpus, that ended. */
  readonly corpus: number;
  readonly wallMs: number;
  /** Cores that the workers could have had. */
  readonly cores: number;
  readonly commit: string;
  readonly mutant: string | null;
  readonly tally: Tally;
  readonly judged: SetVerdict;
}

export interface SummaryLook {
  readonly color: boolean;
  readonly columns: number;
}

/** Ends with a newline. */
export function renderSetSummary(set: SetFigures, look: SummaryLook): string {
  const text = new TerminalText(look);
  const { judged, tally } = set;
  const from = `${counted(set.seeds, "seed")} from ${set.firstSeed}`;
  const corpus = set.corpus === 0 ? "" : ` after ${set.corpus} of the corpus`;
  const mutant = set.mutant === null ? "" : `, mutant ${set.mutant}`;
  text.blank();
  text.line(
    { text: judged.verdict.toUpperCase(), style: ["bold", VERDICT_STYLE[judged.verdict]] },
    { text: `  ${from}${corpus}${mutant}, commit ${shortCommit(set.commit)}` },
  );
  for (const reason of judged.reasons) text.paragraph("      ", reason);
  figures(text, set);
  summarizeChecks(
    text,
    tally.checks.map((each) => ({ ...each, violationCount: 0 })),
  );
  coverage(text, set);
  return text.toString();
}

export function jsonOf(set: SetFigures): Record<string, unknown> {
  const { tally, judged, ...rest } = set;
  const { runs, simulatedMs, operations, okOperations, faults, events, checks } = tally;
  return {
    ...rest,
    verdict: judged.verdict,
    reasons: judged.reasons,
    totals: { runs, simulatedMs, operations, okOperations, faults, events },
    perWallSecondAndCore: Object.fromEntries(rates(set)),
    checks: checks.map(({ id, name, verdict, looked, violationCount }) => {
      return { id, name, verdict, looked, violationCount };
    }),
    coverage: Object.fromEntries([...tally.coverage].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    missing: judged.missing,
  };
}

/** Per second of wall-clock time and core. */
function rates({ tally, wallMs, cores }: SetFigures): [name: string, perSecond: number][] {
  const seconds = Math.max(wallMs / 1_000, 0.001) * cores;
  return [
    ["seeds", tally.runs / seconds],
    ["simulatedSeconds", tally.simulatedMs / 1_000 / seconds],
    ["operations", tally.operations / seconds],
    ["faults", tally.faults / seconds],
    ["events", tally.events / seconds],
  ];
}

function figures(text: TerminalText, set: SetFigures): void {
  const { tally, wallMs, cores } = set;
  const totals = [
    ["runs", tally.runs],
    ["simulated seconds", Math.round(tally.simulatedMs / 1_000)],
    ["operations", tally.operations],
    ["faults", tally.faults],
    ["events", tally.events],
  ] as const;
  const all = rates(set);
  text.blank();
  const wall = `${formatNumber(wallMs / 1_000)} s on ${counted(cores, "core")}`;
  text.line({ text: "".padEnd(20) + "in all".padStart(14) + "per second and core".padStart(24) });
  for (const [index, [name, total]] of totals.entries()) {
    const rate = formatNumber(all[index]?.[1] ?? 0);
    text.line({ text: name.padEnd(20) + formatCount(total).padStart(14) + rate.padStart(24) });
  }
  text.line(
    { text: "wall-clock time".padEnd(20) + wall },
    { text: `, ${formatCount(tally.okOperations)} operations ended ok` },
  );
}

function coverage(text: TerminalText, { tally, seeds }: SetFigures): void {
  text.blank();
  if (tally.runs === 0) {
    text.line({ text: "Coverage", style: "bold" }, { text: "  none: no run ended" });
    return;
  }
  text.line(
    { text: "Coverage", style: "bold" },
    seeds < COVERAGE_SEEDS_MIN
      ? { text: `  what is missing counts from ${COVERAGE_SEEDS_MIN} seeds on`, style: "dim" }
      : { text: "" },
  );
  for (const { name, expected } of COVERAGE) {
    const seen = expected.filter((key) => (tally.coverage.get(key) ?? 0) > 0);
    const missing = expected.filter((key) => !seen.includes(key));
    const never = missing.length === 0 ? "" : `, never: ${missing.join(", ")}`;
    text.paragraph("  ", `${name}: ${seen.length} of ${expected.length}${never}`);
    const counts = seen.map(
      (key) => `${shortOf(key)} ${formatCount(tally.coverage.get(key) ?? 0)}`,
    );
    if (counts.length > 0) text.paragraph("      ", counts.join(", "), "dim");
  }
}

/** `fault: kill` → `kill`: the group says the rest. */
function shortOf(key: string): string {
  return key.replace(/^(fault|crash point|session|watch|recovery): /, "");
}
