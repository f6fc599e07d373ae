/**
 * A failure for the terminal: what broke, how it is run again, and the story as a space–time diagram.
 */
import { TerminalText } from "../../../results/terminal-text.ts";
import type { SimFailure } from "../outcome.ts";
import type { TraceEvent } from "../trace.ts";
import { buildDiagram } from "./build-diagram.ts";
import { failureFacts } from "./failure-facts.ts";
import { drawTextDiagram } from "./text-diagram.ts";

export interface FailureTextOptions {
  /** Width of the terminal; lines are wrapped or cut to it (at least 60 are laid out for). */
  readonly columns: number;
  readonly color: boolean;
  /** Where the failure is kept: named in the line that replays it. */
  readonly file?: string;
}

/** Ends with a newline. The trace must be in the order of time. */
export function renderFailureText(
  failure: SimFailure,
  trace: readonly TraceEvent[],
  options: FailureTextOptions,
): string {
  const diagram = buildDiagram(failure, trace);
  const facts = failureFacts(failure, diagram, options.file);
  const text = new TerminalText(options);
  text.line({ text: "FAIL", style: ["bold", "red"] }, { text: `  ${facts.title}`, style: "bold" });
  text.paragraph("      ", facts.guarantee, "dim");
  text.blank();
  text.paragraph("", facts.message, ["bold"]);
  facts.evidence.forEach((line, index) => text.paragraph("  ", `${index + 1}. ${line}`));
  text.blank();
  const width = Math.max(...facts.identity.map(([name]) => name.length));
  for (const [name, value] of facts.identity)
    text.line({ text: `${name.padEnd(width)}  `, style: "dim" }, { text: value });
  text.line(
    { text: `${"replay".padEnd(width)}  `, style: "dim" },
    { text: facts.replay, style: "bold" },
  );
  text.blank();
  text.line({ text: "Faults", style: "bold" }, { text: `  ${facts.shrunk}`, style: "dim" });
  if (facts.faults.length === 0) text.line({ text: "  none" });
  for (const fault of facts.faults)
    text.paragraph(
      "  ",
      `${fault.number}. ${fault.when}  ${fault.name}: ${fault.text}` +
        (fault.happened ? "" : " (did not happen)"),
      fault.happened ? "yellow" : "dim",
    );
  text.blank();
  drawTextDiagram(text, diagram);
  return text.toString();
}
