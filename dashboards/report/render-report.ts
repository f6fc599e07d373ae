/**
 * The report of a run: one HTML file that opens from disk and asks nobody for anything.
 */
import type { FaultRecord } from "../../results/history.ts";
import { runTitle } from "../../results/format.ts";
import type { RunFile, SeriesFile } from "../../results/schema.ts";
import { loadAssets } from "./assets.ts";
import type { PageData } from "./chart-data.ts";
import { html, scriptJson, trustedHtml } from "./html.ts";
import type { Html } from "./html.ts";
import type { ReportInput, Section } from "./section.ts";
import { availability } from "./sections/availability.ts";
import { checks } from "./sections/checks.ts";
import { coordination } from "./sections/coordination.ts";
import { faultLog } from "./sections/fault-log.ts";
import { hotSpots } from "./sections/hot-spots.ts";
import { identity } from "./sections/identity.ts";
import { latency } from "./sections/latency.ts";
import { servers } from "./sections/servers.ts";
import { throughput } from "./sections/throughput.ts";
import { verdict } from "./sections/verdict.ts";

/** Faults and elections that are drawn on a time axis: more would hide what they mark. */
const MARKS_MAX = 200;

/**
 * The page as a string. Strings of the run may hold anything: they are shown, never interpreted. Long
 * series are drawn from fewer points, and the page says so; what is shown of long lists is bounded.
 */
export function renderReport(
  run: RunFile,
  series: SeriesFile,
  faults: readonly FaultRecord[],
): string {
  const input: ReportInput = { run, series, faults };
  const sections = [
    throughput(input),
    latency(input),
    availability(input),
    hotSpots(input),
    coordination(input),
    servers(input),
    checks(input),
    faultLog(input),
    identity(input),
  ].filter((section) => section !== null);
  const data: PageData = {
    durationS: run.durationMs / 1_000,
    faults: faultMarks(input),
    elections: run.elections
      .filter((election) => election.role === "leader")
      .slice(0, MARKS_MAX)
      .map(({ atMs, epoch, server }) => ({ atS: atMs / 1_000, epoch, server })),
    charts: Object.assign({}, ...sections.map((section) => section.charts ?? {})),
  };
  return page(input, sections, data).text;
}

function faultMarks({ run, faults }: ReportInput): PageData["faults"] {
  return faults.slice(0, MARKS_MAX).flatMap((fault, index) =>
    fault.effectiveMs === null
      ? []
      : {
          number: index + 1,
          name: fault.name,
          fromS: fault.effectiveMs / 1_000,
          toS: (fault.healedMs ?? run.durationMs) / 1_000,
          noQuorum: fault.noQuorum,
        },
  );
}

function page(input: ReportInput, sections: readonly Section[], data: PageData): Html {
  const assets = loadAssets();
  const { run } = input;
  const title = `${run.verdict}: ${runTitle(run.identity)}, ${run.identity.id}`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${assets.policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        <style>
          ${trustedHtml(assets.style)}
        </style>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the verdict</a>
        <header class="top">
          <p class="brand">Quorum Lab</p>
          <p class="run">
            <strong>${runTitle(run.identity)}</strong>
            <time datetime="${run.identity.startedAt}"
              >${run.identity.startedAt.replace("T", " ").replace(/(\.\d+)?Z$/, " UTC")}</time
            >
          </p>
        </header>
        <main id="main">
          ${verdict(input)}
          <nav aria-label="Sections">
            <ul>
              ${sections.map((section) => html`<li><a href="#${section.id}">${section.title}</a></li>`)}
            </ul>
          </nav>
          <noscript
            ><p class="note">The charts need scripts; all else is here without.</p></noscript
          >
          ${sections.map(
            (section) =>
              html`<section id="${section.id}" aria-labelledby="${section.id}-title">
                <h2 id="${section.id}-title">${section.title}</h2>
                ${section.body}
              </section>`,
          )}
        </main>
        <footer>
          <p>Run ${run.identity.id}. The files beside this page hold every figure in full.</p>
        </footer>
        <output id="spoken" class="hidden" aria-live="polite"></output>
        <script id="data" type="application/json">
          ${scriptJson(data)}
        </script>
        ${assets.scripts.map(scriptElement)}
      </body>
    </html> `;
}

/** The text must be exactly what the policy has the hash of: no template may add white space. */
function scriptElement(script: string): Html {
  return trustedHtml(`<script>${script}</script>`);
}
