/**
 * Locks and leadership as the clients' recipes had them, and further figures of the run.
 */
import { formatCount, formatNumber } from "../../../results/format.ts";
import type { HistogramFile } from "../../../results/schema.ts";
import { html } from "../html.ts";
import type { ReportInput, Section } from "../section.ts";
import { histogramTable } from "./histogram-table.ts";

export function coordination({ run }: ReportInput): Section | null {
  const { locks, leadership } = run;
  const figures = Object.entries(run.figures);
  if (locks === null && leadership === null && figures.length === 0) return null;
  const handovers: [string, HistogramFile][] = [];
  if (locks !== null) handovers.push(["a lock", locks.handover]);
  if (leadership !== null) handovers.push(["leadership", leadership.handover]);
  return {
    id: "coordination",
    title: "Locks and leadership",
    body: html`${
      locks === null
        ? null
        : html`<p>
            <b>Locks:</b> ${formatCount(locks.clients)} clients on ${formatCount(locks.locks)}
            locks; ${formatCount(locks.acquired)} acquired, ${formatCount(locks.handedOver)} handed
            over.
          </p>`
    }
    ${
      leadership === null
        ? null
        : html`<p>
            <b>Leadership:</b> ${formatCount(leadership.candidates)} candidates;
            ${formatCount(leadership.elected)} elected.
          </p>`
    }
    ${handovers.length === 0 ? null : histogramTable("From one holder's release to the next, of", handovers)}
    ${
      figures.length === 0
        ? null
        : html`<h3>Further figures</h3>
            <dl class="pairs">
              ${figures.map(
                ([name, value]) =>
                  html`<div>
                    <dt><code>${name}</code></dt>
                    <dd>${formatNumber(value)}</dd>
                  </div>`,
              )}
            </dl>
            <p class="note">The unit is in the name.</p>`
    }`,
  };
}
