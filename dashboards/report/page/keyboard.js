/**
 * The charts without a mouse: arrows read values, plus and minus zoom, 0 shows all again; the entries
 * of a legend are buttons that hide and show their line.
 */

const STEP_SHARE = 0.02;
const ZOOM = 0.6;

/** Keys work while the chart has the focus. `current` gives the chart as it is drawn now. */
export function addChartKeys(element, current, say) {
  element.addEventListener("keydown", (event) => {
    if (event.target !== element || event.ctrlKey || event.metaKey || event.altKey) return;
    const plot = current();
    switch (event.key) {
      case "ArrowLeft":
        moveCursor(plot, -STEP_SHARE, say);
        break;
      case "ArrowRight":
        moveCursor(plot, STEP_SHARE, say);
        break;
      case "+":
      case "=":
        zoom(plot, ZOOM);
        break;
      case "-":
        zoom(plot, 1 / ZOOM);
        break;
      case "0":
      case "Escape":
        showAll(plot);
        break;
      default:
        return;
    }
    event.preventDefault();
  });
}

/** Legend entries get a role, a place in the order of tabs, and Enter and space. */
export function addLegendKeys(plot) {
  plot.root.querySelectorAll(".u-series").forEach((row, index) => {
    const label = row.querySelector("th");
    if (index === 0 || label === null) return;
    label.tabIndex = 0;
    label.setAttribute("role", "button");
    const tell = () => label.setAttribute("aria-pressed", String(plot.series[index].show));
    tell();
    label.addEventListener("click", () => queueMicrotask(tell));
    label.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      label.click();
    });
  });
}

function moveCursor(plot, share, say) {
  const width = plot.bbox.width / devicePixelRatio;
  const height = plot.bbox.height / devicePixelRatio;
  const before = plot.cursor.left >= 0 ? plot.cursor.left : width / 2;
  const left = Math.min(width, Math.max(0, before + share * width));
  plot.setCursor({ left, top: height / 2 });
  const index = plot.cursor.idx;
  if (index === null || index === undefined) return;
  const values = plot.series
    .map((series, at) => ({ series, value: plot.data[at][index], at }))
    .filter(({ series, value }) => series.show && value !== undefined)
    .map(({ series, value, at }) => `${series.label} ${series.value(plot, value, at, index)}`);
  say(values.join(", "));
}

function zoom(plot, factor) {
  const { min, max } = plot.scales.x;
  const isLog = plot.scales.x.distr === 3;
  const [low, high] = isLog ? [Math.log(min), Math.log(max)] : [min, max];
  const middle = plot.cursor.left >= 0 ? plot.posToVal(plot.cursor.left, "x") : null;
  const center = middle === null ? (low + high) / 2 : isLog ? Math.log(middle) : middle;
  const half = ((high - low) / 2) * factor;
  const back = isLog ? Math.exp : Number;
  plot.setScale("x", { min: back(center - half), max: back(center + half) });
}

function showAll(plot) {
  const xs = plot.data[0];
  if (xs.length > 0) plot.setScale("x", { min: xs[0], max: xs[xs.length - 1] });
}
