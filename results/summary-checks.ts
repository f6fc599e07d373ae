/**
 * The part of the summary about safety: what each checker looked at and found, and for a broken
 * guarantee the evidence.
 */
import { formatAt, formatCount } from "./format.ts";
import type { CheckResult, Verdict } from "./schema.ts";
import type { TerminalText } from "./terminal-text.ts";

export const VERDICT_STYLE = {
  pass: "green",
  fail: "red",
  unknown: "yellow",
  invalid: "yellow",
} as const satisfies Record<Verdict, string>;

const VIOLATIONS_MAX = 2;
const EVIDENCE_MAX = 8;
/** What stands beside a check's name before what it looked at: id, verdict and spaces. */
const LOOKED_COLUMN = 16;

/** One line per check; then, for each that found something, its first violations with evidence. */
export function summarizeChecks(text: TerminalText, all: readonly CheckResult[]): void {
  verdicts(text, all);
  violations(text, all);
}

function verdicts(text: TerminalText, all: readonly CheckResult[]): void {
  text.blank();
  if (all.length === 0) {
    text.line({ text: "Checks", style: "bold" }, { text: "  none: nothing was judged" });
    return;
  }
  const width = Math.min(28, Math.max(...all.map((check) => check.name.length)));
  for (const check of all) {
    const note = check.note === "" ? "" : `: ${check.note}`;
    const room = text.columns - width - LOOKED_COLUMN;
    text.line(
      { text: `${check.id.padEnd(4)} ${check.name.slice(0, width).padEnd(width)}  ` },
      { text: check.verdict.padEnd(8), style: VERDICT_STYLE[check.verdict] },
      { text: ` ${note === "" ? lookedAt(check, room) : lookedAt(check, Infinity)}${note}` },
    );
  }
}

/** What it looked at, as much as there is room for: whole items, and never none of them. */
function lookedAt({ looked }: CheckResult, room: number): string {
  const items = Object.entries(looked).map(([what, count]) => `${formatCount(count)} ${what}`);
  let shown = items[0] ?? "looked at nothing";
  for (const item of items.slice(1)) {
    const longer = `${shown}, ${item}`;
    if (longer.length > room) break;
    shown = longer;
  }
  return shown;
}

function violations(text: TerminalText, all: readonly CheckResult[]): void {
  for (const check of all.filter((each) => each.violationCount > 0)) {
    text.blank();
    text.line(
      { text: `${check.id} ${check.name}: `, style: ["bold", "red"] },
      { text: `${formatCount(check.violationCount)} violation(s)`, style: "red" },
    );
    text.paragraph("  ", check.guarantee, "dim");
    for (const violation of check.violations.slice(0, VIOLATIONS_MAX)) {
      text.paragraph("  ", violation.message, "bold");
      for (const line of violation.evidence.slice(0, EVIDENCE_MAX)) text.paragraph("    ", line);
      const more = violation.evidence.length - EVIDENCE_MAX;
      if (more > 0) text.paragraph("    ", `… ${more} more lines of evidence in the report`);
      const when = violation.atMs === null ? "" : `at ${formatAt(violation.atMs)}, `;
      const faults = violation.faults.join(", ") || "none";
      text.paragraph("    ", `${when}faults in force: ${faults}`, "dim");
    }
  }
}
