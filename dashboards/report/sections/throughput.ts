/**
 * Throughput as the clients saw it, over the whole run, under the faults and elections.
 */
import { formatCount, formatMs } from "../../../results/format.ts";
import type { SeriesFile } from "../../../results/schema.ts";
import type { ChartData } from "../chart-data.ts";
import { chartPoints, medianStepMs } from "../downsample.ts";
import { html } from "../html.ts";
import { chartFigure } from "../section.ts";
import type { ReportInput, Section } from "../section.ts";

type Series = SeriesFile["series"][number];

/** Enough for a pixel each on a wide screen. */
const POINTS_MAX = 1_600;
const HEIGHT = 340;

const LABELS: Readonly<Record<string, string>> = {
  ops_per_second: "all operations",
  read_ops_per_second: "reads",
  write_ops_per_second: "writes",
  error_per_second: "errors",
  errors_per_second: "errors",
};
/** Errors have the same colour whatever else is drawn. */
const ERROR_SLOT = 5;

export function throughput({ run, series }: ReportInput): Section {
  const clients = series.series.filter((each) => each.server === null);
  const phases = run.phases.map(
    (phase) =>
      html`<li>
        <b>${phase.name}</b> ${(phase.fromMs / 1000).toFixed(1)}–${(phase.toMs / 1000).toFixed(1)} s
      </li>`,
  );
  const byUnit = Map.groupBy(clients, (each) => each.unit);
  const charts: Record<string, ChartData> = {};
  const figures = [...byUnit].map(([unit, group], index) => {
    const id = `chart-throughput-${index}`;
    const chart = clientChart(unit, group);
    charts[id] = chart;
    return chartFigure(id, chart, index === 0 ? "Operations over time" : unit, describe(group));
  });
  return {
    id: "throughput",
    title: "Throughput",
    charts,
    body: html`${figures.length > 0 ? figures : html`<p class="empty">No series of the clients was recorded.</p>`}
    ${
      phases.length > 0
        ? html`<ul class="phases" aria-label="Phases">
            ${phases}
          </ul>`
        : null
    }`,
  };
}

function clientChart(unit: string, group: readonly Series[]): ChartData {
  return {
    kind: "time",
    unit,
    height: HEIGHT,
    marks: "named",
    series: group.map((each, index) => ({
      label: LABELS[each.name] ?? each.name,
      slot: LABELS[each.name] === "errors" ? ERROR_SLOT : index,
      fill: each.name === "ops_per_second",
      points: chartPoints(each.points, POINTS_MAX),
    })),
  };
}

function describe(group: readonly Series[]): string {
  const counts = group.map((each) => each.points.length);
  const samples = Math.max(0, ...counts);
  const stepMs = medianStepMs(group[0]?.points ?? []);
  const every = Number.isFinite(stepMs) ? `, one per ${formatMs(stepMs)}` : "";
  const thinned =
    samples > POINTS_MAX
      ? `; drawn from the lowest and highest of each of ${formatCount(POINTS_MAX / 2)} intervals`
      : "";
  return (
    `n = ${formatCount(samples)} samples per line${every}${thinned}. ` +
    "Bands are faults in force; dashed lines are elections won."
  );
}
