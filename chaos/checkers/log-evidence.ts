/**
 * What a server's last log lines say about its end, in as few lines as a person needs.
 */

const LINES_MAX = 3;
const LINE_CHARACTERS_MAX = 240;
const ALARMS: ReadonlySet<unknown> = new Set(["error", "fatal"]);

interface LogLine {
  readonly text: string;
  /** An error, or no line of the log at all, such as a stack trace. */
  readonly alarm: boolean;
}

/** The errors among the lines, or the last lines if there are none; the latest few, in order. */
export function tellingLines(lastLines: readonly string[]): string[] {
  const lines = lastLines.map(readLine);
  const alarms = lines.filter(({ alarm }) => alarm);
  return (alarms.length > 0 ? alarms : lines).slice(-LINES_MAX).map(({ text }) => text);
}

function readLine(line: string): LogLine {
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch {
    // Not a line of the structured log: what Node itself says when a process breaks.
    return { text: cut(line), alarm: true };
  }
  if (typeof fields !== "object" || fields === null) return { text: cut(line), alarm: true };
  const { level, time, msg, name: _name, pid: _pid, ...rest } = fields as Record<string, unknown>;
  const details = Object.entries(rest).map(([key, value]) => `${key}: ${textOf(value)}`);
  const text = [...[time, level, msg].map(textOf), ...details].join(" ");
  return { text: cut(text), alarm: ALARMS.has(level) };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value ?? "") ?? "");
}

function cut(text: string): string {
  return text.length <= LINE_CHARACTERS_MAX ? text : `${text.slice(0, LINE_CHARACTERS_MAX)} …`;
}
