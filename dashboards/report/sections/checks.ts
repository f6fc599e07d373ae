/**
 * Every checker: what it looked at, what it says, and the evidence where it found something.
 */
import { formatAt, formatCount, formatMs } from "../../../results/format.ts";
import type { CheckResult, Violation } from "../../../results/schema.ts";
import { html } from "../html.ts";
import type { Html } from "../html.ts";
import type { ReportInput, Section } from "../section.ts";

const VIOLATIONS_MAX = 10;
const EVIDENCE_MAX = 60;

export function checks({ run }: ReportInput): Section {
  return {
    id: "checks",
    title: "Checks",
    body:
      run.checks.length === 0
        ? html`<p class="empty">No check was made: nothing is known about safety.</p>`
        : html`<ul class="checks">
            ${run.checks.map(check)}
          </ul>`,
  };
}

function check(result: CheckResult): Html {
  const looked = Object.entries(result.looked).map(
    ([what, count]) => `${formatCount(count)} ${what}`,
  );
  const more = result.violationCount - Math.min(result.violations.length, VIOLATIONS_MAX);
  return html`<li id="check-${result.id}" class="check">
    <span class="chip ${result.verdict}">${result.verdict}</span>
    <div>
      <h3>${result.id} ${result.name}</h3>
      <p>${result.guarantee}</p>
      <p class="note">
        Looked at ${looked.join(", ") || "nothing"} in ${formatMs(result.elapsedMs)}.
        ${result.note === "" ? null : html`<b>${result.note}</b>`}
      </p>
      ${result.violations.slice(0, VIOLATIONS_MAX).map(violationEvidence)}
      ${more > 0 ? html`<p class="note">… and ${formatCount(more)} more violations.</p>` : null}
    </div>
  </li>`;
}

/** One violation: the sentence, the evidence in order, when it was and under which faults. */
export function violationEvidence(violation: Violation): Html {
  const shown = violation.evidence.slice(0, EVIDENCE_MAX);
  const more = violation.evidence.length - shown.length;
  return html`<div class="violation">
    <p class="message">${violation.message}</p>
    <ol>
      ${shown.map((line) => html`<li><code>${line}</code></li>`)}
    </ol>
    <p class="note">
      ${more > 0 ? `${more} more lines in run.json. ` : null}Showed at ${formatAt(violation.atMs)};
      faults in force: ${violation.faults.join(", ") || "none"}.
    </p>
  </div>`;
}
