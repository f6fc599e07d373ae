/**
 * The page: draws the overview and the diagram, and draws them again for every change of the view.
 */
import { drawDiagram } from "./draw.js";
import { SIZES, layOut } from "./layout.js";
import { drawOverview, overviewTime } from "./overview.js";
import { everythingAround, limited, storyView, toggled, zoomed } from "./view.js";
import { describeEvent, escapeText, formatSeconds } from "./words.js";

const diagram = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const [frame, names, picture, overview] = ["frame", "names", "picture", "overview"].map(byId);

let view = storyView(diagram);
let layout = null;
let selected = null;

function draw() {
  const width = Math.max(240, frame.clientWidth - 2);
  layout = layOut(diagram, view, width);
  picture.innerHTML = drawDiagram(diagram, layout, view);
  names.style.width = `${layout.width}px`;
  names.innerHTML = layout.hosts.map(nameOf).join("");
  layout.hosts.forEach((host, at) => {
    names.children[at].style.left = `${layout.columns.get(host)}px`;
  });
  overview.innerHTML = drawOverview(diagram, view, Math.max(240, overview.clientWidth));
  tellControls();
  highlight(selected);
}

function nameOf(host) {
  const { name, title, kind } = diagram.hosts[host];
  const short = layout.columnWidth < 92 ? name : title;
  return `<span class="${kind}" title="${escapeText(title)}">${escapeText(short)}</span>`;
}

function show(next) {
  view = next;
  draw();
}

function tellControls() {
  const press = (id, pressed) => byId(id).setAttribute("aria-pressed", String(pressed));
  press("story", !view.everything);
  press("everything", view.everything);
  byId("kinds").hidden = !view.everything;
  for (const box of byId("kinds").querySelectorAll("input"))
    box.checked = view.classes.has(box.value);
  for (const button of byId("hosts").querySelectorAll("button"))
    button.setAttribute("aria-pressed", String(view.hosts.has(Number(button.value))));
  byId("from").value = formatSeconds(view.fromMs);
  byId("to").value = formatSeconds(view.toMs);
  const more =
    layout.more === 0
      ? ""
      : ` The next ${layout.more} of this time are not drawn: choose less of it.`;
  const none =
    layout.events.length === 0 ? " Nothing of this happens in the time that is chosen." : "";
  byId("shown").textContent = `${layout.events.length} events are shown.${more}${none}`;
}

/** Selects an event by its place among the drawn ones, and says what it is. */
function select(at) {
  if (layout.events.length === 0) return;
  selected = layout.events[Math.max(0, Math.min(layout.events.length - 1, at))];
  highlight(selected);
  byId("details").textContent = describeEvent(diagram, selected);
  scrollTo(selected);
}

function highlight(event) {
  picture.querySelector(".selected")?.classList.remove("selected");
  const at = event === null ? -1 : layout.events.indexOf(event);
  if (at >= 0) picture.querySelector(`[data-at="${at}"]`)?.classList.add("selected");
}

function placeOf(event) {
  const banner = layout.momentAt.get(event.atMs)?.banners.find((each) => each.event === event);
  return banner?.y ?? layout.place(event.atMs);
}

/** The frame scrolls; the page stays, unless the frame is all there is (paper). */
function scrollTo(event) {
  const y = placeOf(event) + names.offsetHeight;
  const margin = SIZES.breakHeight * 3;
  const top = frame.scrollTop;
  if (y < top + names.offsetHeight + margin || y > top + frame.clientHeight - margin)
    frame.scrollTop = y - frame.clientHeight / 2;
}

function find(wanted, direction = 1) {
  const from = selected === null ? -1 : layout.events.indexOf(selected);
  const count = layout.events.length;
  for (let step = 1; step <= count; step++) {
    const at = (((from + direction * step) % count) + count) % count;
    if (wanted(layout.events[at])) return select(at);
  }
}

const isFault = (event) => event.type === "banner" && event.tone === "fault";
const isViolation = (event) => event.type === "banner" && event.tone === "violation";

function toViolation() {
  if (diagram.violationMs === null) return;
  const isOutside = diagram.violationMs < view.fromMs || diagram.violationMs > view.toMs;
  if (isOutside) show({ ...view, fromMs: 0, toMs: diagram.endMs });
  find(isViolation);
}

const KEYS = {
  ArrowDown: () => find(() => true),
  ArrowUp: () => find(() => true, -1),
  Home: () => select(0),
  End: () => select(layout.events.length - 1),
  n: () => find(isFault),
  p: () => find(isFault, -1),
  v: toViolation,
  e: () =>
    show(
      view.everything
        ? { ...storyView(diagram), zoom: view.zoom }
        : everythingAround(diagram, view),
    ),
  "+": () => show(zoomed(view, 1)),
  "=": () => show(zoomed(view, 1)),
  "-": () => show(zoomed(view, -1)),
  0: () => show(storyView(diagram)),
};

frame.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target !== frame) return;
  const act = KEYS[event.key];
  if (act === undefined) return;
  event.preventDefault();
  act();
});

picture.addEventListener("click", (event) => {
  const at = event.target.closest("[data-at]")?.dataset.at;
  if (at !== undefined) select(Number(at));
});

const BUTTONS = {
  story: () => show({ ...storyView(diagram), zoom: view.zoom }),
  everything: () => show(everythingAround(diagram, view)),
  whole: () => show({ ...view, fromMs: 0, toMs: diagram.endMs }),
  closer: () => show(zoomed(view, 1)),
  wider: () => show(zoomed(view, -1)),
  fault: () => find(isFault),
  violation: toViolation,
};
for (const [id, act] of Object.entries(BUTTONS)) byId(id)?.addEventListener("click", act);

byId("hosts").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button !== null) show({ ...view, hosts: toggled(view.hosts, Number(button.value)) });
});
byId("kinds").addEventListener("change", (event) => {
  show({ ...view, classes: toggled(view.classes, event.target.value) });
});
for (const id of ["from", "to"])
  byId(id).addEventListener("change", () => {
    const [from, to] = ["from", "to"].map((each) => Number(byId(each).value) * 1000);
    if (Number.isFinite(from) && Number.isFinite(to)) show(limited(diagram, view, from, to));
  });

let dragFromMs = null;
const timeOf = (event) =>
  overviewTime(
    diagram,
    overview.clientWidth,
    event.clientX - overview.getBoundingClientRect().left,
  );
overview.addEventListener("pointerdown", (event) => {
  dragFromMs = timeOf(event);
  overview.setPointerCapture(event.pointerId);
});
overview.addEventListener("pointerup", (event) => {
  if (dragFromMs === null) return;
  const toMs = timeOf(event);
  // A click goes to that time; a drag shows only the part that it goes over.
  if (Math.abs(toMs - dragFromMs) > diagram.endMs / 150)
    show(limited(diagram, view, dragFromMs, toMs));
  else {
    const at = layout.events.findIndex((each) => each.atMs >= toMs);
    if (at >= 0) select(at);
  }
  dragFromMs = null;
});
overview.addEventListener("pointercancel", () => {
  dragFromMs = null;
});

draw();
const first = layout.events.findIndex(isFault);
if (first > 0) frame.scrollTop = Math.max(0, placeOf(layout.events[first]) - 40);

let drawnWidth = frame.clientWidth;
new ResizeObserver(() => {
  if (frame.clientWidth === drawnWidth) return;
  drawnWidth = frame.clientWidth;
  draw();
}).observe(frame);

const root = document.documentElement;
addEventListener("beforeprint", () => {
  root.classList.add("printing");
  draw();
});
addEventListener("afterprint", () => {
  root.classList.remove("printing");
  draw();
});
