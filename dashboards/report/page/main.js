/**
 * Draws every chart of the page, and draws it again when the width or the colours change.
 */
import { drawChart } from "./charts.js";
import { addChartKeys, addLegendKeys } from "./keyboard.js";
import { readPalette } from "./palette.js";

/** The width of a chart on paper, CSS pixels. */
const PRINT_WIDTH_PX = 660;

const data = JSON.parse(document.getElementById("data").textContent);
const spoken = document.getElementById("spoken");
const say = (text) => {
  spoken.textContent = text;
};

const charts = Object.entries(data.charts).flatMap(([id, chart]) => {
  const element = document.getElementById(id);
  return element === null ? [] : [{ element, chart, plot: null }];
});

function draw(entry, palette) {
  const hidden = entry.plot?.series.map((series) => !series.show) ?? [];
  entry.plot?.destroy();
  entry.plot = drawChart(entry.element, entry.chart, data, palette);
  hidden.forEach((isHidden, index) => {
    if (isHidden && index > 0) entry.plot.setSeries(index, { show: false });
  });
  addLegendKeys(entry.plot);
}

function drawAll() {
  const palette = readPalette();
  for (const entry of charts) draw(entry, palette);
}

drawAll();
for (const entry of charts) addChartKeys(entry.element, () => entry.plot, say);

const widths = new ResizeObserver((changes) => {
  for (const { target } of changes) {
    const entry = charts.find((each) => each.element === target);
    const width = Math.max(200, target.clientWidth);
    if (entry.plot.width !== width) entry.plot.setSize({ width, height: entry.chart.height });
  }
});
for (const entry of charts) widths.observe(entry.element);

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);

// Paper is light and narrow, whatever the screen is.
const root = document.documentElement;
addEventListener("beforeprint", () => {
  root.classList.add("printing");
  for (const details of document.querySelectorAll("details")) details.open = true;
  drawAll();
  for (const { element, chart, plot } of charts) {
    const isSmall = element.closest(".multiples") !== null;
    plot.setSize({
      width: isSmall ? PRINT_WIDTH_PX / 2 - 20 : PRINT_WIDTH_PX,
      height: chart.height,
    });
  }
});
addEventListener("afterprint", () => {
  root.classList.remove("printing");
  drawAll();
});
