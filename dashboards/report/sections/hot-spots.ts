/**
 * What many watch: how fast a change reaches all of them, and which znodes they are.
 */
import { formatCount } from "../../../results/format.ts";
import { html } from "../html.ts";
import type { ReportInput, Section } from "../section.ts";
import { table } from "../table.ts";
import { histogramTable } from "./histogram-table.ts";

export function hotSpots({ run }: ReportInput): Section | null {
  const { fanOut, hotZnodes } = run;
  if (fanOut === null && hotZnodes.length === 0) return null;
  const busiest = hotZnodes.toSorted((a, b) => b.notifications - a.notifications);
  const most = Math.max(1, ...busiest.map((znode) => znode.notifications));
  return {
    id: "hot-spots",
    title: "Hot spots",
    body: html`${
      fanOut === null
        ? null
        : html`<h3>
              Watch fan-out
              <span class="n"
                >${formatCount(fanOut.watchers)} sessions on one znode,
                ${formatCount(fanOut.triggers)} changes, ${formatCount(fanOut.deliveries)}
                events</span
              >
            </h3>
            ${histogramTable("From the change's send to", [
              ["the first event", fanOut.first],
              ["the median event", fanOut.median],
              ["the last event", fanOut.last],
            ])}
            <p class="note">
              One sample per change whose events were all delivered without a fault in between.
            </p>`
    }
    ${
      busiest.length === 0
        ? null
        : html`<h3>Most watched znodes <span class="n">n = ${busiest.length}</span></h3>
            ${table(
              "Most watched znodes",
              [
                { title: "Znode", cell: (znode) => html`<code>${znode.path}</code>` },
                {
                  title: "watchers",
                  align: "number",
                  cell: (znode) => formatCount(znode.watchers),
                },
                {
                  title: "events",
                  align: "number",
                  cell: (znode) => formatCount(znode.notifications),
                },
                {
                  title: "",
                  cell: (znode) =>
                    html`<span class="bar" aria-hidden="true"
                      ><span
                        class="heat"
                        style="width:${((100 * znode.notifications) / most).toFixed(2)}%"
                      ></span
                    ></span>`,
                },
              ],
              busiest,
            )}`
    }`,
  };
}
