/**
 * Where everything goes: lifelines side by side, time downwards. Time is not to scale over long
 * silences: they become a short break that says how long it was, so that a story of seconds whose
 * messages take a millisecond fits on a page.
 */

/** Pixels. */
export const SIZES = {
  gutter: 62,
  gutterNarrow: 42,
  columnMin: 54,
  rowGap: 18,
  rowGapMax: 46,
  perMs: 11,
  breakHeight: 30,
  lineHeight: 16,
  bannerPad: 9,
  character: 6.15,
  characterNarrow: 5.5,
  characterBold: 6.8,
};

/** Columns below this width have smaller letters, pixels. */
const NARROW = 92;

/** Where fewer characters have room, one whole word says more than parts of two. */
const WORD_ALONE = 16;
/** A silence that long is a break, ms. */
const SILENCE_MS = 12;
/** More would make the page slow; it says so. */
export const DRAWN_MAX = 1500;

/** The events of the view, in the order of time, and how many more there are. */
export function visibleEvents(diagram, view) {
  const shown = [];
  let more = 0;
  for (const event of diagram.events) {
    if (event.atMs < view.fromMs || event.atMs > view.toMs) continue;
    if (!isWanted(event, view)) continue;
    if (shown.length < DRAWN_MAX) shown.push(event);
    else more += 1;
  }
  return { shown, more };
}

function isWanted(event, view) {
  const hostsShown =
    event.type === "message"
      ? view.hosts.has(event.from) && view.hosts.has(event.to)
      : event.type === "banner" || view.hosts.has(event.host);
  if (!hostsShown) return false;
  if (!view.everything) return event.story;
  return event.type === "banner" || event.story || view.classes.has(event.class);
}

/** Columns, moments and their places; `place(ms)` gives the y of any time. */
export function layOut(diagram, view, widthPx) {
  const { shown, more } = visibleEvents(diagram, view);
  const hosts = diagram.hosts.flatMap((_, at) => (view.hosts.has(at) ? [at] : []));
  const gutter = widthPx < 600 ? SIZES.gutterNarrow : SIZES.gutter;
  const room = (widthPx - gutter - 4) / Math.max(1, hosts.length);
  const columnWidth = Math.max(SIZES.columnMin, room);
  const width = gutter + columnWidth * hosts.length + 4;
  const isNarrow = columnWidth < NARROW;
  const columns = new Map(hosts.map((host, at) => [host, gutter + (at + 0.5) * columnWidth]));
  const moments = makeMoments(diagram, view, shown, width - gutter - 12);
  const height = placeMoments(moments, diagram, new Set(shown), view);
  return {
    width,
    height,
    gutter,
    columnWidth,
    isNarrow,
    character: isNarrow ? SIZES.characterNarrow : SIZES.character,
    labelWidth: columnWidth - (isNarrow ? 12 : 24),
    hosts,
    columns,
    moments,
    momentAt: new Map(moments.map((moment) => [moment.ms, moment])),
    events: shown,
    more,
    place: placer(moments, height),
  };
}

function makeMoments(diagram, view, events, bannerWidth) {
  const moments = new Map();
  const at = (ms) => {
    let moment = moments.get(ms);
    if (moment === undefined) moments.set(ms, (moment = { ms, banners: [], marks: new Map() }));
    return moment;
  };
  for (const event of events) {
    const moment = at(event.atMs);
    if (event.type === "banner") {
      const lines = wrap(event.text, Math.floor(bannerWidth / SIZES.characterBold));
      moment.banners.push({ event, lines });
    } else if (event.type === "mark") {
      const marks = moment.marks.get(event.host) ?? [];
      moment.marks.set(event.host, [...marks, event]);
    } else if (event.arriveMs !== null && event.arriveMs <= view.toMs) at(event.arriveMs);
  }
  return [...moments.values()].sort((a, b) => a.ms - b.ms);
}

/** Gives every moment its `y` (that of its time), and `breakY` where there is a break before it. */
function placeMoments(moments, diagram, drawn, view) {
  let y = 8;
  let before = null;
  for (const moment of moments) {
    if (before !== null) {
      const passedMs = moment.ms - before.ms;
      if (passedMs > SILENCE_MS / view.zoom) {
        moment.breakY = y + SIZES.breakHeight / 2;
        moment.silence = silenceOf(diagram, drawn, before.ms, moment.ms);
        y += SIZES.breakHeight;
      } else {
        const gap = passedMs * SIZES.perMs * view.zoom;
        y += Math.max(SIZES.rowGap, Math.min(SIZES.rowGapMax * view.zoom, gap));
      }
    }
    moment.top = y;
    for (const banner of moment.banners) {
      banner.y = y;
      banner.height = banner.lines.length * SIZES.lineHeight + SIZES.bannerPad;
      y += banner.height + 3;
    }
    if (moment.banners.length > 0) y += moment.marks.size > 0 ? 12 : 7;
    moment.y = y;
    const rows = Math.max(1, ...[...moment.marks.values()].map((marks) => marks.length));
    y += (rows - 1) * SIZES.lineHeight;
    before = moment;
  }
  return y + 26;
}

function silenceOf(diagram, drawn, fromMs, toMs) {
  let messages = 0;
  for (const event of diagram.events) {
    if (event.atMs >= toMs) break;
    if (event.atMs >= fromMs && event.type === "message" && !drawn.has(event))
      messages += event.times;
  }
  return { ms: toMs - fromMs, messages };
}

/** Times between two moments are between their places; at a moment, at its own. */
function placer(moments, height) {
  return (ms) => {
    let low = 0;
    let high = moments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (moments[middle].ms < ms) low = middle + 1;
      else high = middle;
    }
    const next = moments[low];
    const before = moments[low - 1];
    if (next === undefined) return before === undefined ? 0 : ms > before.ms ? height : before.y;
    if (next.ms === ms || before === undefined) return next.ms === ms ? next.y : 0;
    const share = (ms - before.ms) / (next.ms - before.ms);
    return before.y + share * (next.top - before.y);
  };
}

/** The text in lines of so many characters. */
export function wrap(text, characters) {
  const lines = [];
  let rest = text;
  while (rest.length > characters) {
    const space = rest.lastIndexOf(" ", characters);
    const end = space > characters / 2 ? space : characters;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest];
}

/** As much of a label as fits: all of it, without the beginnings of numbers, its first word. */
export function fitLabel(text, layout) {
  const characters = Math.floor(layout.labelWidth / layout.character);
  if (text.length <= characters) return text;
  const shorter = text.replace(/0x[0-9a-f]+(?=[0-9a-f]{2})/g, "…");
  if (shorter.length <= characters) return shorter;
  const word = text.split(/[ :]/, 1)[0];
  if (characters < WORD_ALONE && word.length <= characters && word.length > 3) return word;
  return characters < 4 ? "" : `${text.slice(0, characters - 1)}…`;
}
