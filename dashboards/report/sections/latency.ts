/**
 * Latency per operation: the figures, and the whole distributions.
 */
import { formatCount, formatRate, formatUs } from "../../../results/format.ts";
import type { HistogramFile, OperationFigures } from "../../../results/schema.ts";
import type { ChartData, ChartSeries } from "../chart-data.ts";
import { html } from "../html.ts";
import { percentileCurve } from "../percentile-curve.ts";
import { chartFigure } from "../section.ts";
import type { ReportInput, Section } from "../section.ts";
import { table } from "../table.ts";
import type { Column } from "../table.ts";

/** More lines than this cannot be told apart; the table has them all. */
const CURVES_MAX = 8;
const CHART_ID = "chart-latency";

export function latency({ run }: ReportInput): Section {
  if (run.operations.length === 0) {
    return {
      id: "latency",
      title: "Latency",
      body: html`<p class="empty">No operation was measured.</p>`,
    };
  }
  const busiest = run.operations
    .toSorted((a, b) => b.latency.count - a.latency.count)
    .slice(0, CURVES_MAX);
  const curves: ChartSeries[] = [];
  const missing: string[] = [];
  busiest.forEach((figures, slot) => {
    const label = nameOf(figures);
    const points = percentileCurve(figures.latency);
    if (points === null) missing.push(label);
    else curves.push({ label, slot, points });
  });
  const chart: ChartData = {
    kind: "percentile",
    unit: "ms",
    height: 360,
    marks: "bare",
    series: curves,
  };
  const samples = busiest.reduce((sum, figures) => sum + figures.latency.count, 0);
  const left = run.operations.length - busiest.length;
  return {
    id: "latency",
    title: "Latency",
    charts: { [CHART_ID]: chart },
    body: html`<p class="note">
        Counted from the intended start of each operation to its end, so that a stall is paid for by
        every operation that it delayed; failures and timeouts are included. A dash stands where the
        samples are too few for the percentile.
      </p>
      ${operationTable("Latency from the intended start", [...(run.steady ?? []), ...run.operations], (each) => each.latency)}
      ${chartFigure(
        CHART_ID,
        chart,
        "Latency by percentile",
        `n = ${formatCount(samples)} samples; each curve ends at its highest sample. Both axes logarithmic.` +
          (left > 0 ? ` The ${CURVES_MAX} busiest of ${run.operations.length} operations.` : "") +
          (missing.length > 0 ? ` Histogram missing or unreadable: ${missing.join(", ")}.` : ""),
      )}
      <details>
        <summary>Service time: from the actual send, without the wait before it</summary>
        ${operationTable("Service time from the send", run.operations, (each) => each.service)}
      </details>`,
  };
}

function operationTable(
  caption: string,
  operations: readonly OperationFigures[],
  select: (figures: OperationFigures) => HistogramFile,
) {
  const number = (title: string, cell: (figures: OperationFigures) => string) =>
    ({ title, cell, align: "number" }) as const satisfies Column<OperationFigures>;
  return table(
    caption,
    [
      {
        title: "Operation",
        cell: (each) => html`<span class="of">${each.workload}</span> ${each.op}`,
      },
      number("ok/s", (each) => formatRate(each.perSecond)),
      number("p50", (each) => formatUs(select(each).p50)),
      number("p99", (each) => formatUs(select(each).p99)),
      number("p99.9", (each) => formatUs(select(each).p999)),
      number("max", (each) => formatUs(select(each).max)),
      number("samples", (each) => formatCount(select(each).count)),
      number("ok", (each) => formatCount(each.ok)),
      number("not applied", (each) => formatCount(each.fail)),
      number("unclear", (each) => formatCount(each.info)),
    ],
    operations,
  );
}

function nameOf(figures: OperationFigures): string {
  return `${figures.workload} ${figures.op}`;
}
