/**
 * The end of a run for a person at a terminal: the verdict first and last, and in between what it was
 * measured to be, in ten seconds of reading.
 */
import {
  formatAt,
  formatCount,
  formatMs,
  formatNumber,
  formatRate,
  formatUs,
  runTitle,
} from "./format.ts";
import type { HistogramFile, OperationFigures, RunFile, Verdict } from "./schema.ts";
import { VERDICT_STYLE, summarizeChecks } from "./summary-checks.ts";
import { TerminalText } from "./terminal-text.ts";

export interface SummaryOptions {
  readonly color: boolean;
  /** Width of the terminal; tables need 80 to be complete. */
  readonly columns: number;
  /** Where the report is; the default is its place in the results store. */
  readonly report?: string;
}

const OPERATIONS_MAX = 9;
const EPOCHS_MAX = 6;
const OUTAGES_MAX = 6;

/**
 * The summary, at most about 45 lines for a pass, each within `columns`. Percentiles are those of the
 * run's own histograms; `–` stands where there are too few samples for one. Ends with a newline.
 */
export function renderSummary(run: RunFile, options: SummaryOptions): string {
  const text = new TerminalText(options);
  heading(text, run);
  operations(text, [...(run.steady ?? []), ...run.operations]);
  elections(text, run);
  outages(text, run);
  coordination(text, run);
  summarizeChecks(text, run.checks);
  text.blank();
  const report = options.report ?? `results/runs/${run.identity.id}/report.html`;
  text.paragraph("", `Report  ${report}`);
  conclusion(text, run);
  return text.toString();
}

function heading(text: TerminalText, run: RunFile): void {
  const { identity } = run;
  const revision =
    identity.git === null
      ? "no git revision"
      : `revision ${identity.git.revision.slice(0, 9)}${identity.git.dirty ? " + changes" : ""}`;
  text.line(
    { text: run.verdict.toUpperCase(), style: ["bold", VERDICT_STYLE[run.verdict]] },
    { text: `  ${runTitle(identity)}`, style: "bold" },
    { text: `, ${formatMs(run.durationMs)}, seed ${identity.seed}, ${revision}` },
  );
  const { machine } = identity;
  text.line({
    text: `target ${identity.target}, proxy ${identity.proxy}, Node ${identity.node}, ${machine.cores} × ${machine.cpu}`,
    style: "dim",
  });
}

function operations(text: TerminalText, all: readonly OperationFigures[]): void {
  if (all.length === 0) return;
  const shown = all.slice(0, OPERATIONS_MAX);
  const names = shown.map((figures) => `${figures.workload} ${figures.op}`);
  const width = Math.min(28, Math.max(...names.map((name) => name.length), 9));
  text.blank();
  text.line(
    { text: "Operation".padEnd(width), style: "bold" },
    { text: row(["ok/s", "p50", "p99", "p99.9", "max"]) },
    { text: row(["samples", "failed", "unclear"]), style: "dim" },
  );
  shown.forEach((figures, index) => {
    text.line(
      { text: (names[index] ?? "").slice(0, width).padEnd(width) },
      { text: row([formatRate(figures.perSecond), ...latencyColumns(figures.latency)]) },
      {
        text: row([figures.latency.count, figures.fail, figures.info].map(formatCount)),
        style: "dim",
      },
    );
  });
  if (shown.length < all.length) {
    text.line({ text: `… and ${all.length - shown.length} more in the report`, style: "dim" });
  }
  text.line({
    text: "Latency counts from the intended start, failures included; but for the steady rows, faults too.",
    style: "dim",
  });
}

function elections(text: TerminalText, run: RunFile): void {
  const epochs = [...new Set(run.elections.map((election) => election.epoch))].sort(
    (a, b) => a - b,
  );
  if (epochs.length === 0) return;
  text.blank();
  text.line(
    { text: "Election ", style: "bold" },
    { text: `${row(["at", "took"])}   = choosing + epoch + synchronizing` },
  );
  for (const epoch of epochs.slice(-EPOCHS_MAX)) {
    const members = run.elections.filter((election) => election.epoch === epoch);
    const leader = members.find((election) => election.role === "leader");
    const followers = members.filter((election) => election.role === "follower");
    const joined = followers.map((each) => `${each.server} (${formatMs(each.durationMs)})`);
    const tail = joined.length === 0 ? "" : `, followers ${joined.join(", ")}`;
    if (leader === undefined) {
      text.line({ text: `epoch ${epoch}`.padEnd(9) }, { text: `   no leader served${tail}` });
      continue;
    }
    const phases = [leader.electionMs, leader.discoveryMs, leader.synchronizationMs].map(
      formatNumber,
    );
    text.line(
      { text: `epoch ${epoch}`.padEnd(9) },
      { text: row([formatAt(leader.atMs), formatMs(leader.durationMs)]) },
      { text: `   = ${phases.join(" + ")} ms; leader ${leader.server}` },
      { text: tail, style: "dim" },
    );
  }
  if (epochs.length > EPOCHS_MAX) {
    text.line({ text: `… and ${epochs.length - EPOCHS_MAX} earlier in the report`, style: "dim" });
  }
}

function outages(text: TerminalText, run: RunFile): void {
  if (run.outages.length === 0) return;
  const longest = run.outages
    .toSorted((a, b) => b.durationMs - a.durationMs)
    .slice(0, OUTAGES_MAX)
    .toSorted((a, b) => a.fromMs - b.fromMs);
  const names = longest.map((outage) => outage.fault || "no fault");
  const width = Math.min(30, Math.max(...names.map((name) => name.length), 12));
  text.blank();
  text.line(
    { text: "Write outage".padEnd(width), style: "bold" },
    { text: row(["took"]) },
    { text: "   from the last write acknowledged before to the first after", style: "dim" },
  );
  longest.forEach((outage, index) => {
    text.line(
      { text: (names[index] ?? "").slice(0, width).padEnd(width) },
      { text: row([formatMs(outage.durationMs)]) },
      { text: `   ${formatAt(outage.fromMs)} to ${formatAt(outage.toMs)}` },
      { text: `, tried every ${formatMs(outage.resolutionMs)}`, style: "dim" },
    );
  });
  if (longest.length < run.outages.length) {
    const more = run.outages.length - longest.length;
    text.line({ text: `… and ${more} shorter ones in the report`, style: "dim" });
  }
}

function coordination(text: TerminalText, run: RunFile): void {
  const { fanOut, locks, leadership } = run;
  if (fanOut === null && locks === null && leadership === null) return;
  const figures = (name: string, histogram: HistogramFile, note: string): void =>
    text.line(
      { text: name.padEnd(24) },
      { text: row(latencyColumns(histogram)) },
      { text: row([formatCount(histogram.count)]), style: "dim" },
      { text: `  ${note}` },
    );
  text.blank();
  text.line(
    { text: "Coordination".padEnd(24), style: "bold" },
    { text: row(["p50", "p99", "p99.9", "max"]) },
    { text: row(["samples"]), style: "dim" },
  );
  if (fanOut !== null) {
    figures("watch event, first", fanOut.first, `${formatCount(fanOut.watchers)} watchers`);
    figures("watch event, median", fanOut.median, `${formatCount(fanOut.triggers)} changes`);
    figures("watch event, last", fanOut.last, `${formatCount(fanOut.deliveries)} deliveries`);
  }
  if (locks !== null) {
    const note = `${formatCount(locks.acquired)} acquired, ${formatCount(locks.handedOver)} handed over`;
    figures("lock handed over", locks.handover, note);
  }
  if (leadership !== null) {
    figures(
      "leadership handed over",
      leadership.handover,
      `${formatCount(leadership.elected)} elected`,
    );
  }
}

function conclusion(text: TerminalText, run: RunFile): void {
  const style = VERDICT_STYLE[run.verdict];
  const passed = run.checks.filter((check) => check.verdict === "pass").length;
  for (const reason of run.reasons) text.paragraph("", reason, style);
  const rule = "━".repeat(text.columns);
  text.line({ text: rule, style });
  text.line(
    { text: `  ${run.verdict.toUpperCase()}  `, style: ["bold", "inverse", style] },
    { text: `  ${meaning(run.verdict)}: ${passed} of ${run.checks.length} checks passed` },
  );
}

function meaning(verdict: Verdict): string {
  switch (verdict) {
    case "pass":
      return "every guarantee held";
    case "fail":
      return "a guarantee or a gate broke";
    case "unknown":
      return "a check could not decide";
    case "invalid":
      return "this measurement does not deserve trust";
  }
}

function latencyColumns(latency: HistogramFile): string[] {
  return [latency.p50, latency.p99, latency.p999, latency.max].map(formatUs);
}

function row(cells: readonly string[]): string {
  return cells.map((cell) => cell.padStart(9)).join("");
}
