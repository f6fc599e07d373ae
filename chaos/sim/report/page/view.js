/**
 * What the diagram shows: which time, which hosts, which kinds of events, how far apart.
 */

/** Kinds that are shown with everything from the beginning; the others are noise until asked for. */
const CLASSES_AT_FIRST = [
  "request",
  "broadcast",
  "recovery",
  "election",
  "process",
  "role",
  "client",
];
const ZOOM_STEP = 1.5;
const ZOOM_MAX = 12;
const ZOOM_MIN = 0.4;
/** With everything, so many events around the violation are shown at first. */
const EVENTS_AT_FIRST = 220;

/** The story, over the whole run. */
export function storyView(diagram) {
  return {
    everything: false,
    fromMs: 0,
    toMs: diagram.endMs,
    hosts: new Set(diagram.hosts.flatMap((host, at) => (host.story ? [at] : []))),
    classes: new Set(CLASSES_AT_FIRST),
    zoom: 1,
  };
}

/** Everything of the time around the violation, or around the end where there is none. */
export function everythingAround(diagram, view) {
  const centerMs = diagram.violationMs ?? diagram.endMs;
  const times = diagram.events
    .filter((event) => event.type === "banner" || view.classes.has(event.class))
    .map((event) => event.atMs);
  const after = times.findIndex((ms) => ms > centerMs);
  const middle = after < 0 ? times.length : after;
  const from = times[Math.max(0, middle - Math.round(EVENTS_AT_FIRST * 0.8))] ?? 0;
  const to = times[Math.min(times.length - 1, middle + Math.round(EVENTS_AT_FIRST * 0.2))];
  return { ...view, everything: true, fromMs: from, toMs: to ?? diagram.endMs };
}

/** `direction` 1: more room between moments; −1: less. */
export function zoomed(view, direction) {
  const zoom = view.zoom * (direction > 0 ? ZOOM_STEP : 1 / ZOOM_STEP);
  return { ...view, zoom: Math.max(ZOOM_MIN, Math.min(ZOOM_MAX, zoom)) };
}

/** The part of the run from one time to another, whichever comes first. */
export function limited(diagram, view, oneMs, otherMs) {
  const fromMs = Math.max(0, Math.min(oneMs, otherMs));
  const toMs = Math.min(diagram.endMs, Math.max(oneMs, otherMs));
  return toMs > fromMs ? { ...view, fromMs, toMs } : view;
}

/** The set with the item if it was without, and the reverse. */
export function toggled(set, item) {
  const next = new Set(set);
  if (!next.delete(item)) next.add(item);
  return next;
}
