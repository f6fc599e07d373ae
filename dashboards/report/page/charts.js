/**
 * The options of the two kinds of charts: values over the time of the run, and latency by percentile.
 */
import { formatLatency, formatPercentile, formatSeconds, formatValue } from "./format.js";
import { NAMED_MARKS_HEIGHT, marksPlugin } from "./marks.js";

const AXIS_FONT = "12px system-ui, sans-serif";
const NARROW_PX = 520;
const LABEL_WIDTH_PX = 42;

/** Draws a chart into its element at the element's width and returns the uPlot. */
export function drawChart(element, chart, data, palette) {
  const width = Math.max(200, element.clientWidth);
  const tables = chart.series.map((series) => series.points);
  const joined = tables.length > 1 ? uPlot.join(tables) : (tables[0] ?? [[], []]);
  const options = {
    ...(chart.kind === "time"
      ? timeOptions(chart, data, palette, width)
      : percentileOptions(palette)),
    width,
    height: chart.height,
  };
  options.series = [options.series[0], ...chart.series.map((each) => line(each, chart, palette))];
  return new uPlot(options, joined, element);
}

function line(series, chart, palette) {
  return {
    label: series.label,
    stroke: palette.line(series.slot),
    dash: palette.dash(series.slot),
    fill: series.fill ? palette.tint(series.slot) : undefined,
    width: chart.kind === "percentile" ? 2 : 1.5,
    points: { show: false },
    paths: series.stepped ? uPlot.paths.stepped({ align: 1 }) : undefined,
    value: (_, value) => (chart.kind === "percentile" ? formatLatency(value) : formatValue(value)),
  };
}

function timeOptions(chart, data, palette, width) {
  const named = chart.marks === "named";
  return {
    padding: [named ? NAMED_MARKS_HEIGHT : 10, 14, 0, 0],
    cursor: { sync: { key: "time" }, drag: { x: true, y: false } },
    scales: {
      x: { time: false, range: (_, min, max) => wholeRun(min, max, data.durationS) },
      y: { range: (_, min, max) => [Math.min(0, min), max > 0 ? max * 1.08 : 1] },
    },
    axes: [
      axis(palette, {
        size: 30,
        space: width < NARROW_PX ? 48 : 64,
        values: (_, splits) => splits.map((s) => `${s} s`),
      }),
      axis(palette, { size: 54, space: 34, values: (_, splits) => splits.map(formatValue) }),
    ],
    series: [{ label: "time", value: (_, s) => formatSeconds(s) }],
    plugins: [marksPlugin(data, chart.marks, palette)],
  };
}

/** All of the run unless the reader zoomed in, also where a series begins late or ends early. */
function wholeRun(min, max, durationS) {
  return min === null || max === null || max - min > 0.8 * durationS ? [0, durationS] : [min, max];
}

function percentileOptions(palette) {
  return {
    padding: [10, 22, 0, 0],
    cursor: { drag: { x: true, y: false } },
    scales: {
      x: { time: false, distr: 3, range: (_, min, max) => [min, max] },
      y: { distr: 3 },
    },
    axes: [
      axis(palette, {
        size: 30,
        splits: percentileSplits,
        filter: (_, splits) => splits,
        values: (_, splits) => splits.map((x) => (x === 1 ? "p0" : formatPercentile(x))),
      }),
      axis(palette, {
        size: 62,
        filter: (_, splits) =>
          splits.map((ms) => (Math.abs(Math.log10(ms) % 1) < 1e-9 ? ms : null)),
        values: (_, splits) => splits.map((ms) => (ms === null ? "" : formatLatency(ms))),
      }),
    ],
    series: [{ label: "percentile", value: (_, x) => formatPercentile(x) }],
  };
}

/** The percentiles that have room for their labels on a logarithmic axis from `min` to `max`. */
function percentileSplits(plot, _, min, max) {
  const pixelsPerDecade = plot.bbox.width / devicePixelRatio / Math.log10(max / min);
  const splits = [];
  for (const x of [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 2]) {
    const isFree = splits.every(
      (other) => Math.abs(Math.log10(x / other)) * pixelsPerDecade >= LABEL_WIDTH_PX,
    );
    if (x >= min && x <= max && isFree) splits.push(x);
  }
  return splits.sort((a, b) => a - b);
}

function axis(palette, options) {
  return {
    stroke: palette.muted,
    font: AXIS_FONT,
    grid: { stroke: palette.grid, width: 1 },
    ticks: { stroke: palette.grid, width: 1, size: 5 },
    ...options,
  };
}
