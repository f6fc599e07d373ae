/**
 * The whole run at a glance, time to scale from left to right: the roles of the servers, what the
 * clients asked, faults by their numbers, the violation, and the part that the diagram shows.
 */
import { SIZES } from "./layout.js";
import { escapeText, formatSeconds, px } from "./words.js";

const LANE = 15;
const LANE_GAP = 5;
const TOP = 22;
const TICKS_MAX = 600;

/** The text of one SVG element. */
export function drawOverview(diagram, view, widthPx) {
  const left = widthPx < 600 ? SIZES.gutterNarrow : SIZES.gutter;
  const scale = (ms) => left + ((widthPx - left - 8) * ms) / Math.max(1, diagram.endMs);
  const servers = diagram.hosts.flatMap((host, at) => (host.kind === "server" ? [at] : []));
  const lanes = [...servers, null];
  const laneY = (at) => TOP + at * (LANE + LANE_GAP);
  const bottom = laneY(lanes.length) + 2;
  const height = bottom + 18;
  const parts = lanes.map((host, at) => {
    const name = host === null ? "clients" : diagram.hosts[host].name;
    const y = laneY(at);
    const label = `<text class="who" x="${left - 8}" y="${y + LANE / 2}" dy="0.34em" text-anchor="end">${escapeText(widthPx < 600 && host === null ? "ops" : name)}</text>`;
    const base = `<rect class="lane" x="${left}" y="${y}" width="${px(widthPx - left - 8)}" height="${LANE}" rx="3"/>`;
    return (
      label + base + (host === null ? opTicks(diagram, scale, y) : roles(diagram, host, scale, y))
    );
  });
  const limits = view.fromMs > 0 || view.toMs < diagram.endMs;
  return (
    `<svg width="${widthPx}" height="${height}" viewBox="0 0 ${widthPx} ${height}" role="img" aria-label="The whole run">` +
    `${parts.join("")}${faults(diagram, scale, bottom)}${axis(diagram, scale, bottom)}` +
    `${violation(diagram, scale, bottom)}${limits ? brush(view, scale, bottom) : ""}</svg>`
  );
}

/** The time at a place of the overview, ms. */
export function overviewTime(diagram, widthPx, x) {
  const left = widthPx < 600 ? SIZES.gutterNarrow : SIZES.gutter;
  const share = (x - left) / (widthPx - left - 8);
  return Math.max(0, Math.min(1, share)) * diagram.endMs;
}

function roles(diagram, host, scale, y) {
  return diagram.states
    .filter((span) => span.host === host)
    .map((span) => {
      const x = scale(span.fromMs);
      const width = Math.max(1.5, scale(span.toMs) - x);
      const title = `${diagram.hosts[host].title} ${span.state}, ${formatSeconds(span.fromMs)}–${formatSeconds(span.toMs)} s`;
      return `<rect class="state ${span.state}" x="${px(x)}" y="${y}" width="${px(width)}" height="${LANE}"><title>${escapeText(title)}</title></rect>`;
    })
    .join("");
}

/** Of many operations, every so many. */
function opTicks(diagram, scale, y) {
  const step = Math.ceil(diagram.ops.length / TICKS_MAX);
  return diagram.ops
    .filter((op, at) => at % step === 0 || op.outcome !== "ok")
    .slice(0, TICKS_MAX * 2)
    .map(
      (op) =>
        `<rect class="op ${op.outcome}" x="${px(scale(op.fromMs) - 1)}" y="${y + 1}" width="2.5" height="${LANE - 2}"/>`,
    )
    .join("");
}

function faults(diagram, scale, bottom) {
  let lastX = -Infinity;
  return diagram.faults
    .map((fault) => {
      const from = scale(fault.fromMs);
      const width = Math.max(2, scale(fault.toMs) - from);
      const x = Math.max(from, lastX + 17);
      lastX = x;
      const title = `fault ${fault.number}: ${fault.text}`;
      return (
        `<g class="fault"><rect class="band" x="${px(from)}" y="${TOP - 4}" width="${px(width)}" height="${bottom - TOP + 4}"/>` +
        `<rect class="badge" x="${px(x)}" y="1" width="15" height="15" rx="7.5"/>` +
        `<text class="number" x="${px(x + 7.5)}" y="8.5" dy="0.34em" text-anchor="middle">${fault.number}</text>` +
        `<title>${escapeText(title)}</title></g>`
      );
    })
    .join("");
}

function axis(diagram, scale, bottom) {
  const wished = diagram.endMs / 8;
  const power = 10 ** Math.floor(Math.log10(Math.max(1, wished)));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= wished) ?? wished;
  const ticks = [];
  for (let ms = 0; ms <= diagram.endMs * 0.97; ms += step)
    ticks.push(
      `<text class="tick" x="${px(scale(ms))}" y="${bottom + 13}" text-anchor="middle">${ms / 1000}${ms === 0 ? " s" : ""}</text>`,
    );
  return ticks.join("");
}

function violation(diagram, scale, bottom) {
  if (diagram.violationMs === null) return "";
  const x = px(scale(diagram.violationMs));
  return `<g class="violation"><line x1="${x}" x2="${x}" y1="4" y2="${bottom}"/><path d="M${x - 5} 1h10l-5 8z"/><title>the violation, ${formatSeconds(diagram.violationMs)} s</title></g>`;
}

function brush(view, scale, bottom) {
  const x = scale(view.fromMs);
  const width = Math.max(3, scale(view.toMs) - x);
  return `<rect class="brush" x="${px(x)}" y="${TOP - 4}" width="${px(width)}" height="${bottom - TOP + 4}" rx="3"/>`;
}
