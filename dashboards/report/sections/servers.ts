/**
 * What the servers said about themselves over time: one small chart per metric, one line per server.
 */
import { formatCount } from "../../../results/format.ts";
import type { SeriesFile } from "../../../results/schema.ts";
import type { ChartData } from "../chart-data.ts";
import { chartPoints } from "../downsample.ts";
import { html } from "../html.ts";
import { chartFigure } from "../section.ts";
import type { ReportInput, Section } from "../section.ts";
import { linePoints, viewOf } from "./server-metrics.ts";
import type { MetricView } from "./server-metrics.ts";

type Series = SeriesFile["series"][number];

const CHARTS_MAX = 24;
const POINTS_MAX = 400;
const HEIGHT = 150;
/** These change at once and then hold. */
const STEPPED: ReadonlySet<string> = new Set(["quorumlab_epoch", "quorumlab_serving"]);

export function servers({ series }: ReportInput): Section | null {
  const ofServers = series.series.filter((each) => each.server !== null);
  if (ofServers.length === 0) return null;
  const byServer = Map.groupBy(ofServers, (each) => each.server ?? 0);
  const ids = [...byServer.keys()].sort((a, b) => a - b);
  const views = viewsOf(ofServers);
  const charts: Record<string, ChartData> = {};
  const figures = views.slice(0, CHARTS_MAX).map((view, index) => {
    const id = `chart-server-${index}`;
    const lines = ids.map((server) => ({
      server,
      points: linePoints(view, byServer.get(server) ?? []),
    }));
    const chart: ChartData = {
      kind: "time",
      unit: view.unit,
      height: HEIGHT,
      marks: "bare",
      series: lines.map(({ server, points }, slot) => ({
        label: `server ${server}`,
        slot,
        stepped: STEPPED.has(view.name),
        points: chartPoints(points, POINTS_MAX),
      })),
    };
    charts[id] = chart;
    const most = Math.max(0, ...lines.map(({ points }) => points.length));
    const note =
      `n ≤ ${formatCount(most)} per server` +
      (most > POINTS_MAX ? `, drawn as ${POINTS_MAX} (lowest and highest of each interval)` : "");
    return chartFigure(id, chart, view.title, note);
  });
  const left = views.slice(CHARTS_MAX).map((view) => view.name);
  return {
    id: "servers",
    title: "Servers",
    charts,
    body: html`<p class="note">
        Read from each server's metrics; a gap means that it did not answer. Bands are the faults.
      </p>
      <div class="multiples">${figures}</div>
      ${left.length > 0 ? html`<p class="note">Not drawn, see series.json: ${left.slice(0, 40).join(", ")}${left.length > 40 ? " …" : ""}.</p>` : null}`,
  };
}

/** Each metric once: the known ones in their order, then the others by name. */
function viewsOf(series: readonly Series[]): MetricView[] {
  const found = new Map<string, { view: MetricView; order: number }>();
  for (const each of series) {
    const entry = viewOf(each);
    if (entry !== null) found.set(entry.view.name, entry);
  }
  return [...found.values()]
    .toSorted((a, b) =>
      a.order === b.order ? a.view.name.localeCompare(b.view.name) : a.order - b.order,
    )
    .map(({ view }) => view);
}
