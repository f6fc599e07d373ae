/**
 * How figures are written for people, in the terminal and on the page: three significant digits, the
 * unit always there, and an en dash where there is no figure.
 */

export const NO_FIGURE = "–";

/** What kind of run of what: `bench read-heavy`; `lab` alone where both are the same. */
export function runTitle({ kind, name }: { readonly kind: string; readonly name: string }): string {
  return kind === name ? kind : `${kind} ${name}`;
}

/** A latency in microseconds: `412 µs`, `2.13 ms`, `1.21 s`; `–` for null. */
export function formatUs(us: number | null): string {
  if (us === null) return NO_FIGURE;
  if (us < 999.5) return `${Math.round(us)} µs`;
  return formatMs(us / 1000);
}

/** A duration in milliseconds: `0.4 ms`, `98 ms`, `1.21 s`, `132 s`; `–` for null. */
export function formatMs(ms: number | null): string {
  if (ms === null) return NO_FIGURE;
  return Math.abs(ms) < 999.5 ? `${threeDigits(ms)} ms` : `${threeDigits(ms / 1000)} s`;
}

/** A moment of the run, given in milliseconds since its start: `15.21 s`. */
export function formatAt(ms: number | null): string {
  return ms === null ? NO_FIGURE : `${(ms / 1000).toFixed(2)} s`;
}

/** A whole number with thousands separated: `300,720`. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}

/** A rate per second, without its unit: `5,012`, `12.5`. */
export function formatRate(perSecond: number): string {
  if (perSecond === 0) return "0";
  return perSecond >= 99.95 ? formatCount(perSecond) : perSecond.toFixed(1);
}

/** A number of bytes: `15.6 GiB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${threeDigits(value)} ${units[unit]}`;
}

/** A figure whose unit is the last part of its name: `cpu_us_per_op` 21.234 → `21.2`. */
export function formatNumber(value: number): string {
  return Math.abs(value) >= 1000 ? formatCount(value) : threeDigits(value);
}

/** Whole numbers stay whole; others get their zeros, so that columns of figures line up. */
function threeDigits(value: number): string {
  const size = Math.abs(value);
  if (size >= 99.95 || Number.isInteger(value)) return Math.round(value).toString();
  return value.toFixed(size >= 9.995 ? 1 : 2);
}

/**
 * The text with everything that a terminal would take as a command (control characters, the escape
 * among them, and marks that turn the direction of writing) shown as a visible `�`.
 */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what it is about
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "�");
}
