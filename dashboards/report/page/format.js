/**
 * Figures on axes and legends: short, with the unit where it changes with the size.
 */

export function formatValue(value) {
  if (value === null || value === undefined) return "–";
  const size = Math.abs(value);
  if (size >= 1e6) return `${trim((value / 1e6).toFixed(2))}M`;
  if (size >= 1e4) return `${trim((value / 1e3).toFixed(1))}k`;
  if (size >= 100) return Math.round(value).toLocaleString("en-US");
  return trim(value.toFixed(size >= 10 ? 1 : 2));
}

/** Milliseconds as µs, ms or s. */
export function formatLatency(ms) {
  if (ms === null || ms === undefined) return "–";
  if (ms < 1) return `${trim((ms * 1000).toPrecision(3))} µs`;
  if (ms < 1000) return `${trim(Number(ms.toPrecision(3)).toString())} ms`;
  return `${trim(Number((ms / 1000).toPrecision(3)).toString())} s`;
}

/** x = 1 / (1 − percentile) as the percentile: 1000 → "p99.9". */
export function formatPercentile(x) {
  if (x === null || x === undefined) return "–";
  const digits = Math.max(0, Math.ceil(Math.log10(x)) - 1);
  return `p${trim((100 * (1 - 1 / x)).toFixed(Math.min(6, digits)))}`;
}

export function formatSeconds(s) {
  return s === null || s === undefined ? "–" : `${s.toFixed(2)} s`;
}

function trim(text) {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
