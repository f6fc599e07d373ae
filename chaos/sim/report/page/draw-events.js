/**
 * What happens between and on the lifelines, as SVG: messages as arrows, marks, and the banners that
 * concern everybody.
 */
import { SIZES, fitLabel } from "./layout.js";
import { LABEL_HEIGHT } from "./label-room.js";
import { describeEvent, escapeText, px } from "./words.js";

const HEAD_LENGTH = 8;
const HEAD_HALF = 3.6;
/** How far down a message that is lost goes, pixels. */
const LOST_FALL = 16;

export function drawEvent(diagram, layout, view, room, event, at) {
  if (event.type === "message") return message(diagram, layout, view, room, event, at);
  if (event.type === "mark") return mark(diagram, layout, room, event, at);
  return "";
}

function message(diagram, layout, view, room, event, at) {
  const x1 = layout.columns.get(event.from);
  const x2 = layout.columns.get(event.to);
  const y1 = layout.place(event.atMs);
  const isLost = event.arriveMs === null;
  const arrives = !isLost && event.arriveMs <= view.toMs;
  const toward = Math.sign(x2 - x1) || 1;
  const start = x1 + toward * 6;
  const y2 = isLost ? y1 + LOST_FALL : arrives ? layout.place(event.arriveMs) : layout.height - 6;
  const reach = layout.columnWidth * 0.6;
  const end = isLost ? x1 + toward * reach : x2 - toward * 7;
  const kind = isLost ? `${event.class} lost` : event.class;
  const sign = isLost ? cross(end, y2) : arrives ? head(start, y1, end, y2) : "";
  const title = describeEvent(diagram, event);
  return (
    `<g class="event message ${kind}" data-at="${at}">` +
    `<line class="hit" x1="${px(start)}" y1="${px(y1)}" x2="${px(end)}" y2="${px(y2)}"/>` +
    `<line class="arrow" x1="${px(start)}" y1="${px(y1)}" x2="${px(end)}" y2="${px(y2)}"/>${sign}` +
    `${messageLabel(layout, room, event, { x1, x2, y1, y2, end, toward, isLost })}` +
    `<title>${escapeText(title)}</title></g>`
  );
}

/** Beside the lifeline that tells messages of one moment apart: mostly the receiver's. */
function messageLabel(layout, room, event, { x1, x2, y1, y2, end, toward, isLost }) {
  const gap = layout.columnWidth;
  const atSender = isLost || (event.class === "request" && x1 < x2);
  const middle = atSender ? x1 + (toward * gap) / 2 : x2 - (toward * gap) / 2;
  const text = fitLabel(event.label, layout);
  if (text === "") return "";
  const width = text.length * layout.character;
  const share = (middle - x1) / (end - x1 || 1);
  const wished = y1 + (y2 - y1) * Math.max(0, Math.min(1, share)) - 15;
  const y = room.find(middle - width / 2, width, wished);
  return y === null
    ? ""
    : `<text class="label" x="${px(middle)}" y="${px(y + 10)}" text-anchor="middle">${escapeText(text)}</text>`;
}

function head(x1, y1, x2, y2) {
  const length = Math.hypot(x2 - x1, y2 - y1) || 1;
  const [dx, dy] = [(x2 - x1) / length, (y2 - y1) / length];
  const [bx, by] = [x2 - dx * HEAD_LENGTH, y2 - dy * HEAD_LENGTH];
  const points = [
    [x2, y2],
    [bx - dy * HEAD_HALF, by + dx * HEAD_HALF],
    [bx + dy * HEAD_HALF, by - dx * HEAD_HALF],
  ];
  return `<polygon class="head" points="${points.map(([x, y]) => `${px(x)},${px(y)}`).join(" ")}"/>`;
}

function cross(x, y) {
  const [a, b, c, d] = [x - 5, x + 5, y - 5, y + 5].map(px);
  return `<path class="cross" d="M${a} ${c}L${b} ${d}M${a} ${d}L${b} ${c}"/>`;
}

function mark(diagram, layout, room, event, at) {
  const x = layout.columns.get(event.host);
  const moment = layout.momentAt.get(event.atMs);
  const nth = moment.marks.get(event.host).indexOf(event);
  const y = moment.y + nth * SIZES.lineHeight;
  const isLast = event.host === layout.hosts.at(-1) && layout.hosts.length > 1;
  const text = fitLabel(event.text, layout);
  const width = text.length * layout.character;
  const left = isLast ? x - 11 - width : x + 11;
  const free = text === "" ? null : room.find(left, width, y - LABEL_HEIGHT / 2);
  const label =
    free === null
      ? ""
      : `<text class="label" x="${px(isLast ? x - 11 : left)}" y="${px(free + 10)}" text-anchor="${isLast ? "end" : "start"}">${escapeText(text)}</text>`;
  return (
    `<g class="event mark ${event.class}${event.bad ? " bad" : ""}" data-at="${at}">` +
    (event.bad ? cross(x, y) : `<circle class="dot" cx="${px(x)}" cy="${px(y)}" r="5"/>`) +
    `${label}<title>${escapeText(describeEvent(diagram, event))}</title></g>`
  );
}

export function drawBanners(layout) {
  return layout.moments
    .flatMap((moment) => moment.banners)
    .map(({ event, lines, y, height }) => {
      const x = layout.gutter;
      const width = layout.width - x;
      const texts = lines.map(
        (line, at) =>
          `<text x="${x + 8}" y="${px(y + 16 + at * SIZES.lineHeight)}">${escapeText(line)}</text>`,
      );
      const at = layout.events.indexOf(event);
      return (
        `<g class="event banner ${event.tone}" data-at="${at}">` +
        `<rect x="${x}" y="${px(y)}" width="${px(width)}" height="${px(height)}" rx="4"/>${texts.join("")}</g>`
      );
    })
    .join("");
}
