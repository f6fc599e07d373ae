/** A judgement for a person at a terminal: what each check looked at, and all the evidence there is. */
import { formatAt, formatCount, formatMs } from "../results/format.ts";
import type { CheckResult } from "../results/schema.ts";
import { VERDICT_STYLE } from "../results/summary-checks.ts";
import { TerminalText } from "../results/terminal-text.ts";
import type { Judgement } from "./judge-command.ts";

/** Ends with a newline. */
export function renderJudgement(
  judgement: Judgement,
  options: { readonly color: boolean; readonly columns: number },
): string {
  const text = new TerminalText(options);
  const { directory, history, checks, verdict, reasons } = judgement;
  text.paragraph("", directory);
  text.paragraph("  ", listCounts(history), "dim");
  for (const check of checks) describeCheck(text, check);
  text.blank();
  text.line({ text: verdict.toUpperCase(), style: ["bold", VERDICT_STYLE[verdict]] });
  for (const reason of reasons) text.paragraph("  ", reason);
  return text.toString();
}

function describeCheck(text: TerminalText, check: CheckResult): void {
  text.blank();
  text.line(
    { text: `${check.id.padEnd(4)}${check.name}  ` },
    { text: check.verdict, style: VERDICT_STYLE[check.verdict] },
    { text: `  ${formatMs(check.elapsedMs)}`, style: "dim" },
  );
  text.paragraph("    ", `looked at: ${listCounts(check.looked) || "nothing"}`);
  if (check.note !== "") text.paragraph("    ", check.note);
  if (check.violationCount === 0) return;
  text.paragraph("    ", check.guarantee, "dim");
  for (const { message, evidence, atMs, faults } of check.violations) {
    text.paragraph("    ", message, "bold");
    for (const line of evidence) text.paragraph("      ", line);
    const when = atMs === null ? "" : `at ${formatAt(atMs)}, `;
    text.paragraph("      ", `${when}faults in force: ${faults.join(", ") || "none"}`, "dim");
  }
  const more = check.violationCount - check.violations.length;
  if (more > 0) text.paragraph("    ", `… and ${formatCount(more)} more violations of this kind`);
}

function listCounts(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([what, count]) => `${formatCount(count)} ${what}`)
    .join(", ");
}
