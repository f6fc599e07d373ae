/**
 * Which faults were made, when each was verified to be in force, and when it was healed.
 */
import { formatAt, formatMs } from "../../../results/format.ts";
import type { FaultRecord } from "../../../results/history.ts";
import { html } from "../html.ts";
import type { ReportInput, Section } from "../section.ts";
import { table } from "../table.ts";

export function faultLog({ faults }: ReportInput): Section {
  return {
    id: "faults",
    title: "Fault log",
    body:
      faults.length === 0
        ? html`<p class="empty">No fault was made.</p>`
        : table(
            "Fault log",
            [
              {
                title: "Fault",
                cell: (fault, index) => html`<b class="number">${index + 1}</b> ${fault.name}`,
              },
              { title: "what was done", cell: describe },
              { title: "asked at", align: "number", cell: (fault) => formatAt(fault.requestedMs) },
              {
                title: "in force at",
                align: "number",
                cell: (fault) =>
                  fault.effectiveMs === null
                    ? html`<b class="bad">never</b>`
                    : formatAt(fault.effectiveMs),
              },
              {
                title: "healed at",
                align: "number",
                cell: (fault) =>
                  fault.healedMs === null
                    ? html`<b class="bad">never</b>`
                    : formatAt(fault.healedMs),
              },
              {
                title: "in force for",
                align: "number",
                cell: (fault) =>
                  fault.effectiveMs === null || fault.healedMs === null
                    ? "–"
                    : formatMs(fault.healedMs - fault.effectiveMs),
              },
              { title: "quorum", cell: (fault) => (fault.noQuorum ? "impossible" : "possible") },
            ],
            faults,
          ),
  };
}

function describe(fault: FaultRecord) {
  const links = fault.links.length > 0 ? ` (links ${fault.links.join(", ")})` : "";
  return html`<span class="wrap">${fault.description}${links}</span>`;
}
