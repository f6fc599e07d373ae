/**
 * A part of the page: what its heading says, what it shows, and the charts that its scripts draw.
 */
import type { FaultRecord } from "../../results/history.ts";
import type { RunFile, SeriesFile } from "../../results/schema.ts";
import type { ChartData } from "./chart-data.ts";
import { html } from "./html.ts";
import type { Html } from "./html.ts";

/** Everything that a section may show. */
export interface ReportInput {
  readonly run: RunFile;
  readonly series: SeriesFile;
  readonly faults: readonly FaultRecord[];
}

export interface Section {
  /** Anchor. */
  readonly id: string;
  readonly title: string;
  readonly body: Html;
  readonly charts?: Readonly<Record<string, ChartData>>;
}

/** The place of a chart, with its title and what it is drawn from. */
export function chartFigure(id: string, chart: ChartData, title: string, note: string): Html {
  return html`<figure>
    <figcaption>
      <strong>${title}</strong> <span class="unit">${chart.unit}</span><br /><span class="note"
        >${note}</span
      >
    </figcaption>
    <div
      class="chart"
      id="${id}"
      tabindex="0"
      role="group"
      aria-label="Chart: ${title}. Arrow keys read values, plus and minus zoom, 0 shows all."
      style="min-height:${chart.height}px"
    ></div>
  </figure>`;
}
