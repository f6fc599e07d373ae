/**
 * Colours of the charts, from the style sheet, so that light, dark and print have one source. Lines
 * differ in their dashes too: colour alone tells nothing to some readers.
 */
const DASHES = [[], [7, 4], [2, 3], [10, 3, 2, 3], [5, 2], [], [12, 4], [3, 2, 8, 2]];

/** The colours in force at this moment. */
export function readPalette() {
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(name).trim();
  return {
    text: color("--text"),
    muted: color("--muted"),
    grid: color("--grid"),
    surface: color("--surface"),
    band: color("--band"),
    bandEdge: color("--band-edge"),
    bandStrong: color("--band-strong"),
    line: (slot) => color(`--line-${slot % DASHES.length}`),
    dash: (slot) => DASHES[slot % DASHES.length],
    /** The line's colour, nearly transparent. */
    tint: (slot) =>
      `color-mix(in srgb, ${color(`--line-${slot % DASHES.length}`)} 12%, transparent)`,
  };
}
