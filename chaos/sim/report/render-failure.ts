/**
 * The page of a failure: one HTML file that opens from disk and asks nobody for anything. The story in
 * words first, then the run as a whole, then the space–time diagram.
 */
import { html, scriptJson, trustedHtml } from "../../../dashboards/report/html.ts";
import type { Html } from "../../../dashboards/report/html.ts";
import { TerminalText } from "../../../results/terminal-text.ts";
import type { SimFailure } from "../outcome.ts";
import { shortCommit } from "./short-commit.ts";
import type { TraceEvent } from "../trace.ts";
import { buildDiagram } from "./build-diagram.ts";
import type { Diagram } from "./diagram.ts";
import { diagramSection } from "./diagram-section.ts";
import { failureFacts } from "./failure-facts.ts";
import type { FailureFacts, FaultFact } from "./failure-facts.ts";
import { loadPageAssets } from "./page-assets.ts";
import { drawTextDiagram } from "./text-diagram.ts";

/** Width of the diagram in text, which needs no scripts. */
const TEXT_COLUMNS = 120;

/**
 * The page as a string. Strings of the run may hold anything: they are shown, never interpreted. The
 * trace must be in the order of time; `file` is where the failure is kept.
 */
export function renderFailureHtml(
  failure: SimFailure,
  trace: readonly TraceEvent[],
  options: { readonly file?: string } = {},
): string {
  const diagram = buildDiagram(failure, trace);
  const facts = failureFacts(failure, diagram, options.file);
  const assets = loadPageAssets();
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${assets.policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${facts.title}: seed ${failure.seed}</title>
        <link rel="icon" href="data:," />
        <style>
          ${trustedHtml(assets.style)}
        </style>
      </head>
      <body>
        <a class="skip" href="#frame">Skip to the diagram</a>
        <header class="top">
          <p class="brand">Quorum Lab</p>
          <p>
            <strong>seed ${failure.seed}</strong>
            <span class="note">commit <code>${shortCommit(failure.commit)}</code></span>
          </p>
        </header>
        <main>${broken(facts)} ${story(facts)} ${diagramSection(diagram)} ${asText(diagram)}</main>
        <script id="data" type="application/json">
          ${scriptJson(diagram)}
        </script>
        ${trustedHtml(`<script>${assets.script}</script>`)}
      </body>
    </html> `.text;
}

function broken(facts: FailureFacts): Html {
  return html`<article class="broken">
    <h1>${facts.title}</h1>
    <p class="guarantee">${facts.guarantee}</p>
    <p class="what">${facts.message}</p>
    ${
      facts.evidence.length === 0
        ? null
        : html`<ol class="evidence">
            ${facts.evidence.map((line) => html`<li>${line}</li>`)}
          </ol>`
    }
    <code class="replay">${facts.replay}</code>
  </article>`;
}

function story(facts: FailureFacts): Html {
  return html`<section class="story" aria-label="The story">
    <div>
      <h2>Faults, in order</h2>
      <p class="note">${facts.shrunk}</p>
      ${facts.faults.length === 0 ? html`<p>It takes none.</p>` : null}
      <ol class="faults">
        ${facts.faults.map(faultItem)}
      </ol>
    </div>
    <div>
      <h2>The run</h2>
      <dl class="identity">
        ${facts.identity.map(
          ([name, value]) =>
            html`<div>
              <dt>${name}</dt>
              <dd>${value}</dd>
            </div>`,
        )}
      </dl>
    </div>
  </section>`;
}

function faultItem(fault: FaultFact): Html {
  const idle = fault.happened ? null : html` <span class="idle">(did not happen)</span>`;
  return html`<li>
    <b>${fault.number}</b>
    <span
      ><strong>${fault.name}</strong> ${fault.text}${idle}<span class="when"
        >${fault.when}</span
      ></span
    >
  </li>`;
}

function asText(diagram: Diagram): Html {
  const text = new TerminalText({ color: false, columns: TEXT_COLUMNS });
  drawTextDiagram(text, diagram);
  return html`<details>
    <summary>The story as text</summary>
    <pre tabindex="0">${text.toString()}</pre>
  </details>`;
}
