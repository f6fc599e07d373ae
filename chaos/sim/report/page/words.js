/**
 * Texts and numbers on their way into SVG.
 */

export function escapeText(text) {
  return String(text)
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;")
    .replace(/'/g, "&#39;");
}

export function formatSeconds(ms) {
  return (ms / 1000).toFixed(3);
}

/** An event in a sentence: for tooltips, the line of details and screen readers. */
export function describeEvent(diagram, event) {
  const when = `${formatSeconds(event.atMs)} s`;
  if (event.type === "banner") return `${when}: ${event.text}`;
  if (event.type === "mark") return `${when} ${diagram.hosts[event.host].title}: ${event.text}`;
  const ends = `${diagram.hosts[event.from].title} to ${diagram.hosts[event.to].title}`;
  const arrival =
    event.arriveMs === null
      ? "not delivered"
      : `arrives at ${formatSeconds(event.arriveMs)} s, after ${(event.arriveMs - event.atMs).toFixed(1)} ms`;
  return `${when} ${ends}: ${event.text} (${arrival})`;
}

/** A coordinate with a tenth of a pixel. */
export function px(value) {
  return Math.round(value * 10) / 10;
}
