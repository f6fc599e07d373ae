/**
 * Elections as the servers measured them, and write outages as the clients saw them.
 */
import { formatAt, formatMs } from "../../../results/format.ts";
import type { ElectionFigures, OutageFigures } from "../../../results/schema.ts";
import { html } from "../html.ts";
import type { Html } from "../html.ts";
import type { ReportInput, Section } from "../section.ts";
import { table } from "../table.ts";
import { roleTimeline } from "./role-timeline.ts";

export function availability(input: ReportInput): Section {
  const { run } = input;
  return {
    id: "availability",
    title: "Elections and outages",
    body: html`${roleTimeline(input)}
      <h3>Write outages <span class="n">n = ${run.outages.length}</span></h3>
      ${run.outages.length === 0 ? html`<p class="empty">None was measured.</p>` : outageTable(run.outages)}
      <h3>Elections <span class="n">n = ${run.elections.length}</span></h3>
      ${run.elections.length === 0 ? html`<p class="empty">None was reported.</p>` : electionTable(run.elections)}`,
  };
}

function outageTable(outages: readonly OutageFigures[]): Html {
  const longestMs = Math.max(...outages.map((outage) => outage.durationMs));
  return html`${table(
      "Write outages",
      [
        { title: "Fault", cell: (each) => each.fault || "none" },
        { title: "took", align: "number", cell: (each) => formatMs(each.durationMs) },
        {
          title: "",
          cell: (each) => bar([["outage", each.durationMs]], longestMs),
        },
        {
          title: "last write before",
          align: "number",
          cell: (each) => formatAt(each.fromMs),
        },
        { title: "first write after", align: "number", cell: (each) => formatAt(each.toMs) },
        { title: "tried every", align: "number", cell: (each) => formatMs(each.resolutionMs) },
      ],
      outages,
    )}
    <p class="note">
      From the last write acknowledged before to the first acknowledged after, over all clients that
      probe; exact to the interval at which writes were tried.
    </p>`;
}

function electionTable(elections: readonly ElectionFigures[]): Html {
  const longestMs = Math.max(...elections.map((election) => election.durationMs));
  const rows = elections.toSorted((a, b) => a.epoch - b.epoch || a.atMs - b.atMs);
  return html`${table(
      "Elections",
      [
        { title: "Epoch", align: "number", cell: (each) => each.epoch },
        { title: "server", align: "number", cell: (each) => each.server },
        {
          title: "role",
          cell: (each) => html`<span class="role ${each.role}">${each.role}</span>`,
        },
        { title: "serving at", align: "number", cell: (each) => formatAt(each.atMs) },
        { title: "took", align: "number", cell: (each) => formatMs(each.durationMs) },
        { title: "choosing", align: "number", cell: (each) => formatMs(each.electionMs) },
        { title: "epoch", align: "number", cell: (each) => formatMs(each.discoveryMs) },
        {
          title: "synchronizing",
          align: "number",
          cell: (each) => formatMs(each.synchronizationMs),
        },
        {
          title: "",
          cell: (each) =>
            bar(
              [
                ["election", each.electionMs],
                ["discovery", each.discoveryMs],
                ["synchronization", each.synchronizationMs],
              ],
              longestMs,
            ),
        },
      ],
      rows,
    )}
    <ul class="key" aria-label="Key of the bars">
      <li><span class="swatch election"></span>choosing the leader</li>
      <li><span class="swatch discovery"></span>agreeing on the epoch</li>
      <li><span class="swatch synchronization"></span>synchronizing</li>
    </ul>
    <p class="note">From LOOKING to serving, as each server measured it.</p>`;
}

/** Parts of one whole on a linear scale up to `longest`; the figures stand beside it. */
function bar(parts: readonly (readonly [kind: string, size: number])[], longest: number): Html {
  return html`<span class="bar" aria-hidden="true"
    >${parts.map(
      ([kind, size]) =>
        html`<span
          class="${kind}"
          style="width:${longest > 0 ? ((100 * size) / longest).toFixed(2) : 0}%"
        ></span>`,
    )}</span
  >`;
}
