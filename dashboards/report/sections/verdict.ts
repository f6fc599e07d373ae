/**
 * The head of the page: the verdict, what broke and the evidence for it, and the run in six figures.
 */
import { formatCount, formatMs, formatRate, formatUs } from "../../../results/format.ts";
import { WRITE_OPS } from "../../../results/history.ts";
import type { OperationFigures, RunFile, Verdict } from "../../../results/schema.ts";
import { html } from "../html.ts";
import type { Html, HtmlPart } from "../html.ts";
import type { ReportInput } from "../section.ts";
import { violationEvidence } from "./checks.ts";

const MEANING: Readonly<Record<Verdict, string>> = {
  pass: "Every guarantee held.",
  fail: "A guarantee or a gate broke.",
  unknown: "A check could not decide.",
  invalid: "This measurement does not deserve trust.",
};

/** A second sign beside the colour. */
export const VERDICT_SIGN: Readonly<Record<Verdict, string>> = {
  pass: "✓",
  fail: "✕",
  unknown: "?",
  invalid: "!",
};

export function verdict({ run, faults }: ReportInput): Html {
  const passed = run.checks.filter((check) => check.verdict === "pass").length;
  const fired = faults.filter((fault) => fault.effectiveMs !== null).length;
  return html`<div class="verdict ${run.verdict}">
      <h1>
        <span class="sign" aria-hidden="true">${VERDICT_SIGN[run.verdict]}</span>${run.verdict}
      </h1>
      <div class="statement">
        <p class="meaning">${MEANING[run.verdict]}</p>
        <p>
          ${passed} of ${run.checks.length} checks passed; ${fired} of ${faults.length} faults took
          effect; ${formatMs(run.durationMs)} on ${run.identity.target} servers.
        </p>
        ${
          run.reasons.length > 0
            ? html`<ul class="reasons">
                ${run.reasons.map((reason) => html`<li>${reason}</li>`)}
              </ul>`
            : null
        }
      </div>
      ${broken(run)}
    </div>
    <dl class="tiles">
      ${tiles(run).map(
        ([name, value, note]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
            <dd class="note">${note}</dd>
          </div>`,
      )}
    </dl>`;
}

function broken(run: RunFile): HtmlPart {
  return run.checks
    .filter((check) => check.verdict === "fail")
    .map(
      (check) =>
        html`<article class="broken">
          <h2><a href="#check-${check.id}">${check.id}</a> ${check.name}</h2>
          <p>Guarantee: <q>${check.guarantee}</q></p>
          ${check.violations.slice(0, 1).map(violationEvidence)}
        </article>`,
    );
}

type Tile = readonly [name: string, value: string, note: string];

function tiles(run: RunFile): Tile[] {
  const perSecond = run.operations.reduce((sum, figures) => sum + figures.perSecond, 0);
  const samples = run.operations.reduce((sum, figures) => sum + figures.latency.count, 0);
  const longest = run.outages.toSorted((a, b) => b.durationMs - a.durationMs)[0];
  // The faults have figures of their own: latency is shown as it is without them, where that is known.
  const usual = run.steady !== undefined && run.steady.length > 0 ? run.steady : run.operations;
  const slowest = run.elections
    .filter((election) => election.role === "leader")
    .toSorted((a, b) => b.durationMs - a.durationMs)[0];
  return [
    ["Operations", `${formatRate(perSecond)}/s`, `ended ok; n = ${formatCount(samples)}`],
    latencyTile("Read p99", busiest(usual, false)),
    latencyTile("Write p99", busiest(usual, true)),
    [
      "Longest write outage",
      formatMs(longest?.durationMs ?? null),
      longest === undefined
        ? "none was measured"
        : `${longest.fault || "no fault"}; n = ${run.outages.length}, ±⁠${formatMs(longest.resolutionMs)}`,
    ],
    [
      "Slowest election",
      formatMs(slowest?.durationMs ?? null),
      slowest === undefined
        ? "none was reported"
        : `epoch ${slowest.epoch}, server ${slowest.server} leads`,
    ],
    locksTile(run),
  ];
}

function latencyTile(name: string, figures: OperationFigures | undefined): Tile {
  if (figures === undefined) return [name, "–", "no such operation"];
  const { latency } = figures;
  return [
    name,
    formatUs(latency.p99),
    `${figures.workload} ${figures.op}; n = ${formatCount(latency.count)}`,
  ];
}

function locksTile({ locks }: RunFile): Tile {
  if (locks === null) return ["Locks handed over", "–", "no lock workload"];
  return [
    "Locks handed over",
    formatCount(locks.handedOver),
    `p50 ${formatUs(locks.handover.p50)}; n = ${formatCount(locks.handover.count)}`,
  ];
}

/** The kind of operation that was asked most often. */
function busiest(
  operations: readonly OperationFigures[],
  isWrite: boolean,
): OperationFigures | undefined {
  const writes: ReadonlySet<string> = WRITE_OPS;
  const reads: ReadonlySet<string> = new Set(["getData", "exists", "getChildren"]);
  return operations
    .filter((figures) => (isWrite ? writes : reads).has(figures.op))
    .toSorted((a, b) => b.latency.count - a.latency.count)[0];
}
