/**
 * The diagram as SVG. Every text of the run is escaped; colours come from the style sheet by class.
 */
import { drawBanners, drawEvent } from "./draw-events.js";
import { LabelRoom } from "./label-room.js";
import { escapeText, formatSeconds, px } from "./words.js";

/** The whole picture, as the text of one SVG element. */
export function drawDiagram(diagram, layout, view) {
  const room = new LabelRoom();
  const parts = [
    breaks(layout),
    bands(diagram, layout, view),
    lifelines(diagram, layout, view),
    operations(diagram, layout, view),
    silences(layout),
    times(layout),
    ...layout.events.map((event, at) => drawEvent(diagram, layout, view, room, event, at)),
    drawBanners(layout),
  ];
  const label = `Space–time diagram: ${layout.hosts.length} hosts, ${layout.events.length} events`;
  return (
    `<svg class="${layout.isNarrow ? "narrow" : "roomy"}" width="${layout.width}" height="${layout.height}" ` +
    `viewBox="0 0 ${layout.width} ${layout.height}" role="img" aria-label="${label}">` +
    `${parts.join("")}</svg>`
  );
}

function bands(diagram, layout, view) {
  return diagram.faults
    .filter((fault) => fault.fromMs <= view.toMs && fault.toMs >= view.fromMs)
    .map((fault) => {
      const from = layout.place(Math.max(fault.fromMs, view.fromMs));
      const to = layout.place(Math.min(fault.toMs, view.toMs));
      const hosts = fault.hosts.length > 0 ? fault.hosts : layout.hosts;
      return hosts
        .filter((host) => layout.columns.has(host))
        .map((host) => {
          const half = Math.min(layout.columnWidth * 0.3, 42);
          const x = layout.columns.get(host) - half;
          return `<rect class="band" x="${px(x)}" y="${px(from)}" width="${px(2 * half)}" height="${px(Math.max(2, to - from))}"><title>fault ${fault.number}: ${escapeText(fault.text)}</title></rect>`;
        })
        .join("");
    })
    .join("");
}

function lifelines(diagram, layout, view) {
  return layout.hosts
    .map((host) => {
      const x = px(layout.columns.get(host));
      const line = `<line class="life" x1="${x}" x2="${x}" y1="0" y2="${layout.height}"/>`;
      const spans = diagram.states
        .filter(
          (span) => span.host === host && span.fromMs <= view.toMs && span.toMs >= view.fromMs,
        )
        .map((span) => stateSpan(diagram, layout, view, span));
      return line + spans.join("");
    })
    .join("");
}

function stateSpan(diagram, layout, view, span) {
  const from = span.fromMs <= view.fromMs ? 0 : layout.place(span.fromMs);
  const isLast = span.toMs >= diagram.endMs || span.toMs >= view.toMs;
  const to = isLast ? layout.height : layout.place(span.toMs);
  if (to - from < 0.5) return "";
  const width = span.state === "down" ? 8 : span.state === "leading" ? 12 : 8;
  const title = `${diagram.hosts[span.host].title} ${span.state}, ${formatSeconds(span.fromMs)}–${formatSeconds(span.toMs)} s`;
  const x = layout.columns.get(span.host) - width / 2;
  return `<rect class="state ${span.state}" x="${px(x)}" y="${px(from)}" width="${width}" height="${px(to - from)}" rx="3"><title>${escapeText(title)}</title></rect>`;
}

function operations(diagram, layout, view) {
  return diagram.ops
    .filter((op) => layout.columns.has(op.host) && op.fromMs <= view.toMs && op.toMs >= view.fromMs)
    .map((op) => {
      const from = layout.place(op.fromMs);
      const to = layout.place(op.toMs);
      const title = `${diagram.hosts[op.host].title}: ${op.text} → ${op.answer} (${formatSeconds(op.fromMs)}–${formatSeconds(op.toMs)} s)`;
      const x = layout.columns.get(op.host) - 5;
      return `<rect class="op ${op.outcome}" x="${px(x)}" y="${px(from)}" width="10" height="${px(Math.max(4, to - from))}" rx="2"><title>${escapeText(title)}</title></rect>`;
    })
    .join("");
}

function breaks(layout) {
  return layout.moments
    .filter((moment) => moment.breakY !== undefined)
    .map(
      ({ breakY }) =>
        `<rect class="gap" x="0" y="${px(breakY - 9)}" width="${layout.width}" height="18"/>`,
    )
    .join("");
}

/** How long the breaks are, written over the lifelines. */
function silences(layout) {
  return layout.moments
    .filter((moment) => moment.breakY !== undefined)
    .map((moment) => {
      const { ms, messages } = moment.silence;
      const hidden =
        messages === 0 ? "" : `, ${messages} message${messages === 1 ? "" : "s"} not shown`;
      const long = ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
      const y = px(moment.breakY);
      return (
        `<text class="gaptext" x="${layout.gutter - 8}" y="${y}" dy="0.32em" text-anchor="end">⋮</text>` +
        `<text class="gaptext label" x="${layout.gutter + 8}" y="${y}" dy="0.32em">${long}${hidden}</text>`
      );
    })
    .join("");
}

function times(layout) {
  let last = -Infinity;
  return layout.moments
    .map((moment) => {
      const y = moment.banners.length > 0 ? moment.banners[0].y + 16 : moment.y;
      if (y - last < 14) return "";
      last = y;
      return `<text class="time" x="${layout.gutter - 8}" y="${px(y)}" dy="0.32em" text-anchor="end">${formatSeconds(moment.ms)}</text>`;
    })
    .join("");
}
