/**
 * Faults as bands and elections as lines on a time axis, with names where there is room for them.
 */

/** Space above the plot for one row of fault names and one of elections, CSS pixels. */
export const NAMED_MARKS_HEIGHT = 42;
const FONT = "12px system-ui, sans-serif";
const BOLD = "600 12px system-ui, sans-serif";

/** A uPlot plugin; `marks`: "named" or "bare". */
export function marksPlugin(data, marks, palette) {
  return {
    hooks: {
      drawClear: (plot) => inPlot(plot, (ctx) => drawBands(plot, ctx, data, palette)),
      draw: (plot) => {
        if (marks !== "named") return;
        inPlot(plot, (ctx) => drawElectionLines(plot, ctx, data, palette));
        drawNames(plot, data, palette);
      },
    },
  };
}

/** Draws clipped to the plotting area. */
function inPlot(plot, draw) {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  draw(ctx);
  ctx.restore();
}

function drawBands(plot, ctx, data, palette) {
  const { top, height } = plot.bbox;
  for (const fault of data.faults) {
    const from = plot.valToPos(fault.fromS, "x", true);
    const to = Math.max(from + devicePixelRatio, plot.valToPos(fault.toS, "x", true));
    ctx.fillStyle = fault.noQuorum ? palette.bandStrong : palette.band;
    ctx.fillRect(from, top, to - from, height);
    ctx.fillStyle = palette.bandEdge;
    ctx.fillRect(from, top, devicePixelRatio, height);
    ctx.fillRect(to - devicePixelRatio, top, devicePixelRatio, height);
  }
}

function drawElectionLines(plot, ctx, data, palette) {
  ctx.strokeStyle = palette.muted;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
  for (const election of data.elections) {
    const x = Math.round(plot.valToPos(election.atS, "x", true)) + 0.5;
    ctx.beginPath();
    ctx.moveTo(x, plot.bbox.top);
    ctx.lineTo(x, plot.bbox.top + plot.bbox.height);
    ctx.stroke();
  }
}

function drawNames(plot, data, palette) {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  const right = bbox.left + bbox.width;
  const isSeen = (x) => x >= bbox.left - 1 && x <= right + 1;
  ctx.save();
  ctx.textBaseline = "alphabetic";
  ctx.textAlign = "left";
  const faults = data.faults
    .map((fault) => ({
      x: Math.max(bbox.left, plot.valToPos(fault.fromS, "x", true)),
      end: plot.valToPos(fault.toS, "x", true),
      texts: [`${fault.number} ${fault.name}`, String(fault.number)],
    }))
    .filter((fault) => isSeen(fault.x) && fault.end >= bbox.left);
  ctx.fillStyle = palette.text;
  placeRow(ctx, faults, bbox.top - 24 * ratio, right, BOLD);
  const elections = data.elections
    .map((election) => ({
      x: plot.valToPos(election.atS, "x", true),
      texts: [
        `▾ epoch ${election.epoch}, server ${election.server} leads`,
        `▾ epoch ${election.epoch}`,
        `▾ ${election.epoch}`,
        "▾",
      ],
    }))
    .filter((election) => isSeen(election.x));
  ctx.fillStyle = palette.muted;
  placeRow(ctx, elections, bbox.top - 6 * ratio, right, FONT);
  ctx.restore();
}

/** Writes each name at its place: the longest text that ends before the next one begins. */
function placeRow(ctx, items, y, right, font) {
  const ratio = devicePixelRatio;
  ctx.font = font.replace("12px", `${12 * ratio}px`);
  items.sort((a, b) => a.x - b.x);
  let freeFrom = -Infinity;
  items.forEach((item, index) => {
    const next = items[index + 1];
    const room = (next === undefined ? right + 8 * ratio : next.x) - item.x - 6 * ratio;
    const fitting = item.texts.find((text) => ctx.measureText(text).width <= room);
    const text = fitting ?? item.texts.at(-1);
    if (item.x < freeFrom) return;
    ctx.fillText(text, item.x, y);
    freeFrom = item.x + ctx.measureText(text).width;
  });
}
