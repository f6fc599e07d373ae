/**
 * Histograms side by side: one row each, with the number of samples.
 */
import { formatCount, formatUs } from "../../../results/format.ts";
import type { HistogramFile } from "../../../results/schema.ts";
import type { Html } from "../html.ts";
import { table } from "../table.ts";

export function histogramTable(
  caption: string,
  rows: readonly (readonly [name: string, histogram: HistogramFile])[],
): Html {
  return table(
    caption,
    [
      { title: caption, cell: ([name]) => name },
      { title: "p50", align: "number", cell: ([, each]) => formatUs(each.p50) },
      { title: "p99", align: "number", cell: ([, each]) => formatUs(each.p99) },
      { title: "p99.9", align: "number", cell: ([, each]) => formatUs(each.p999) },
      { title: "max", align: "number", cell: ([, each]) => formatUs(each.max) },
      { title: "samples", align: "number", cell: ([, each]) => formatCount(each.count) },
    ],
    rows,
  );
}
