/**
 * The space–time diagram in a terminal: a column per host, a row per moment, time going down.
 *
 *        time  c1    s1    s2    s3
 *    1.500     ●───────────────▶   create /a
 *    1.502           ×◀──────────  PROPOSAL 0x100000003, not delivered
 */
import type { Piece, TerminalText, TextStyle } from "../../../results/terminal-text.ts";
import type { Diagram, DiagramEvent, HostState } from "./diagram.ts";
import { seconds } from "./failure-facts.ts";

const TIME_WIDTH = 9;
const COLUMN_WIDTH_MAX = 9;
const COLUMN_WIDTH_MIN = 5;
/** What the words beside the columns should have at least. */
const WORDS_WIDTH = 34;
/** A silence that long is a row of its own, ms. */
const SILENCE_MS = 20;

const LIFELINE: Readonly<Record<HostState | "client" | "unknown", readonly [string, TextStyle]>> = {
  leading: ["┃", ["bold", "blue"]],
  following: ["│", "blue"],
  observing: ["│", "cyan"],
  looking: ["┊", "yellow"],
  starting: ["┊", "dim"],
  paused: ["‖", "magenta"],
  down: [" ", "dim"],
  client: ["│", "dim"],
  unknown: [" ", "dim"],
};
const KEY = "┃ leading  │ following  ┊ looking  ‖ paused  (blank) down  × not delivered";

interface Columns {
  /** Hosts that are shown, and the column of each. */
  readonly hosts: readonly number[];
  readonly width: number;
}

/** Appends the diagram of the story to the text. */
export function drawTextDiagram(text: TerminalText, diagram: Diagram): void {
  const hosts = diagram.hosts.flatMap((host, at) => (host.story ? [at] : []));
  const room = text.columns - TIME_WIDTH - WORDS_WIDTH;
  const width = Math.min(
    COLUMN_WIDTH_MAX,
    Math.max(COLUMN_WIDTH_MIN, Math.floor(room / Math.max(1, hosts.length))),
  );
  const columns: Columns = { hosts, width };
  const names = hosts.map((at) => center(diagram.hosts[at]?.name ?? "", width)).join("");
  text.line(
    { text: "seconds".padStart(TIME_WIDTH - 1).padEnd(TIME_WIDTH), style: "dim" },
    { text: names, style: "bold" },
  );
  let beforeMs: number | null = null;
  for (const events of rowsOf(diagram)) {
    const [event] = events;
    if (beforeMs !== null && event.atMs - beforeMs > SILENCE_MS)
      silence(text, diagram, columns, beforeMs, event.atMs);
    beforeMs = event.atMs;
    row(text, diagram, columns, event, events);
  }
  text.line({ text: KEY, style: "dim" });
}

type Row = readonly [DiagramEvent, ...DiagramEvent[]];

/** Marks of one moment that say the same of several hosts share a row. */
function rowsOf(diagram: Diagram): Row[] {
  const rows: [DiagramEvent, ...DiagramEvent[]][] = [];
  for (const event of diagram.events) {
    if (!event.story) continue;
    const before = rows.at(-1);
    const same =
      event.type === "mark" &&
      before?.[0].type === "mark" &&
      before[0].atMs === event.atMs &&
      before[0].text === event.text;
    if (same) before.push(event);
    else rows.push([event]);
  }
  return rows;
}

function row(
  text: TerminalText,
  diagram: Diagram,
  columns: Columns,
  event: DiagramEvent,
  all: Row,
): void {
  const time = { text: `${seconds(event.atMs).padStart(TIME_WIDTH - 1)} `, style: "dim" } as const;
  switch (event.type) {
    case "banner": {
      const style = BANNER_STYLE[event.tone];
      const line = event.tone === "violation" ? "━━ " : "── ";
      if (event.tone !== "violation") return text.line(time, { text: line + event.text, style });
      text.line(time, { text: "━".repeat(Math.max(0, text.columns - TIME_WIDTH)), style });
      text.paragraph(" ".repeat(TIME_WIDTH), event.text, style);
      return text.line(
        { text: " ".repeat(TIME_WIDTH) },
        { text: "━".repeat(Math.max(0, text.columns - TIME_WIDTH)), style },
      );
    }
    case "mark": {
      const cells = lifelines(diagram, columns, event.atMs);
      const marked = all.flatMap((each) => (each.type === "mark" ? [each.host] : []));
      const sign: Piece = event.bad
        ? { text: "✖", style: ["bold", "red"] }
        : { text: "◆", style: "bold" };
      const line = cells.map((cell, index) =>
        marked.includes(columns.hosts[index] ?? -1) ? sign : cell,
      );
      const name = marked.map((host) => diagram.hosts[host]?.name ?? "").join(" ");
      const style: TextStyle = event.bad ? "red" : [];
      return text.line(time, ...spread(line, columns), { text: ` ${name}: ${event.text}`, style });
    }
    case "message": {
      const lost = event.arriveMs === null;
      const words =
        event.arriveMs === null
          ? ` ${event.label}, not delivered`
          : ` ${event.label} (${(event.arriveMs - event.atMs).toFixed(1)} ms)`;
      const style: TextStyle = lost ? "red" : event.class === "request" ? "green" : [];
      return text.line(time, ...arrow(diagram, columns, event, style), { text: words, style });
    }
  }
}

const BANNER_STYLE: Readonly<Record<"fault" | "healed" | "phase" | "violation", TextStyle>> = {
  fault: ["bold", "yellow"],
  healed: "yellow",
  phase: "dim",
  violation: ["bold", "red"],
};

/** The lifelines with an arrow over them; where a message is lost the arrow ends short in a cross. */
function arrow(
  diagram: Diagram,
  columns: Columns,
  event: Extract<DiagramEvent, { type: "message" }>,
  style: TextStyle,
): Piece[] {
  const { width } = columns;
  const pieces = spread(lifelines(diagram, columns, event.atMs), columns);
  const cells = pieces.flatMap((piece) => Array.from(piece.text, (text) => ({ ...piece, text })));
  const center = (host: number): number =>
    columns.hosts.indexOf(host) * width + Math.floor(width / 2);
  const [from, to] = [center(event.from), center(event.to)];
  const step = Math.sign(to - from);
  const lost = event.arriveMs === null;
  const end = lost ? from + step * Math.max(2, Math.round(Math.abs(to - from) * 0.6)) : to;
  for (let at = from; at !== end + step; at += step) {
    const isLine = at !== from && at !== end;
    const head = lost ? "×" : step > 0 ? "▶" : "◀";
    cells[at] = { text: at === from ? "●" : isLine ? (lost ? "╌" : "─") : head, style };
    if (step === 0) break;
  }
  return cells;
}

function silence(
  text: TerminalText,
  diagram: Diagram,
  columns: Columns,
  fromMs: number,
  toMs: number,
): void {
  const hidden = diagram.events.reduce(
    (sum, event) =>
      !event.story && event.type === "message" && event.atMs >= fromMs && event.atMs < toMs
        ? sum + event.times
        : sum,
    0,
  );
  const messages = hidden === 0 ? "" : `, ${hidden} message${hidden === 1 ? "" : "s"} not shown`;
  const cells = lifelines(diagram, columns, (fromMs + toMs) / 2);
  const words = { text: ` ${Math.round(toMs - fromMs)} ms${messages}`, style: "dim" } as const;
  text.line(
    { text: "⋮".padStart(TIME_WIDTH - 3).padEnd(TIME_WIDTH), style: "dim" },
    ...spread(cells, columns),
    words,
  );
}

/** One sign per column. */
function lifelines(diagram: Diagram, columns: Columns, atMs: number): Piece[] {
  return columns.hosts.map((host) => {
    const state =
      diagram.hosts[host]?.kind === "client"
        ? "client"
        : (diagram.states.findLast((span) => span.host === host && span.fromMs <= atMs)?.state ??
          "unknown");
    const [text, style] = LIFELINE[state];
    return { text, style };
  });
}

function spread(cells: readonly Piece[], { width }: Columns): Piece[] {
  const before = Math.floor(width / 2);
  return cells.flatMap((cell) => [
    { text: " ".repeat(before) },
    cell,
    { text: " ".repeat(width - before - 1) },
  ]);
}

function center(name: string, width: number): string {
  const before = Math.floor(width / 2) - Math.floor((name.length - 1) / 2);
  return (" ".repeat(Math.max(0, before)) + name).padEnd(width).slice(0, width);
}
