/**
 * A table that scrolls by itself on a narrow screen, and stays light in a long run.
 */
import { formatCount } from "../../results/format.ts";
import { html } from "./html.ts";
import type { Html, HtmlPart } from "./html.ts";

export interface Column<Row> {
  readonly title: HtmlPart;
  readonly cell: (row: Row, index: number) => HtmlPart;
  /** Numbers are set to the right, in figures of one width. */
  readonly align?: "number";
}

/** What a page shows of a list; the rest is in the run directory. */
export const ROWS_MAX = 100;

/** The first column names its row. Beyond `ROWS_MAX` rows the table says how many there are more. */
export function table<Row>(
  caption: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): Html {
  const shown = rows.slice(0, ROWS_MAX);
  const more = rows.length - shown.length;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
      <table>
        <caption class="hidden">
          ${caption}
        </caption>
        <thead>
          <tr>
            ${columns.map(
              (column) => html`<th scope="col" class="${column.align ?? ""}">${column.title}</th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${shown.map(
            (row, index) =>
              html`<tr>
                ${columns.map((column, at) => cell(column, at, row, index))}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${more > 0 ? html`<p class="note">… and ${formatCount(more)} more rows in the run directory.</p>` : null}`;
}

function cell<Row>(column: Column<Row>, at: number, row: Row, index: number): Html {
  const content = column.cell(row, index);
  return at === 0
    ? html`<th scope="row" class="${column.align ?? ""}">${content}</th>`
    : html`<td class="${column.align ?? ""}">${content}</td>`;
}
