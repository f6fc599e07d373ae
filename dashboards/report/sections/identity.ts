/**
 * What was run, on what: all of it, so that the run can be made again and compared.
 */
import { formatBytes, formatMs } from "../../../results/format.ts";
import { html } from "../html.ts";
import type { ReportInput, Section } from "../section.ts";

export function identity({ run }: ReportInput): Section {
  const { identity: id } = run;
  const revision =
    id.git === null
      ? "none (not run from a checkout)"
      : `${id.git.revision}${id.git.dirty ? ", with uncommitted changes" : ""}`;
  const rows: [string, string][] = [
    ["Run", id.id],
    ["Kind, name", `${id.kind}, ${id.name}`],
    ["Started", id.startedAt],
    ["Duration", formatMs(run.durationMs)],
    ["Seed", String(id.seed)],
    ["Revision", revision],
    ["Target", id.target],
    ["Proxy", id.proxy],
    ["Node", id.node],
    ["System", id.machine.os],
    ["CPU", `${id.machine.cores} × ${id.machine.cpu}`],
    ["Memory", formatBytes(id.machine.memoryBytes)],
    ["Results schema", `version ${id.schema}`],
  ];
  return {
    id: "identity",
    title: "Identity",
    body: html`<dl class="pairs">
        ${rows.map(
          ([name, value]) =>
            html`<div>
              <dt>${name}</dt>
              <dd>${value}</dd>
            </div>`,
        )}
      </dl>
      <details>
        <summary>Configuration</summary>
        <pre tabindex="0">${JSON.stringify(id.config, null, 2)}</pre>
      </details>`,
  };
}
