/**
 * Who led when: one lane per server, drawn from the elections that the servers reported.
 */
import { formatAt, formatCount } from "../../../results/format.ts";
import type { FaultRecord } from "../../../results/history.ts";
import type { ElectionFigures } from "../../../results/schema.ts";
import { html } from "../html.ts";
import type { Html } from "../html.ts";
import type { ReportInput } from "../section.ts";

/** Beyond these the picture would be heavy, and nobody could read it. */
const ELECTIONS_MAX = 500;
const BANDS_MAX = 200;

type Role = "leader" | "follower" | "looking" | "down";

export interface RoleSpan {
  readonly role: Role;
  readonly epoch: number | null;
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * A server serves from the end of an election until it begins to look for a leader again; if it was
 * killed in between, it is down from then on.
 */
export function roleSpans(
  server: number,
  elections: readonly ElectionFigures[],
  faults: readonly FaultRecord[],
  endMs: number,
): RoleSpan[] {
  const own = elections
    .filter((election) => election.server === server)
    .toSorted((a, b) => a.atMs - b.atMs);
  const killsMs = faults
    .filter((fault) => /^(kill|restart)/.test(fault.name) && fault.servers.includes(server))
    .flatMap((fault) => fault.effectiveMs ?? []);
  const spans: RoleSpan[] = [];
  own.forEach((election, index) => {
    const next = own[index + 1];
    const untilMs =
      next === undefined ? endMs : Math.max(election.atMs, next.atMs - next.durationMs);
    const killedMs = killsMs.find((ms) => ms > election.atMs && ms < untilMs);
    const { epoch } = election;
    const lookingMs = Math.max(0, election.atMs - election.durationMs);
    spans.push({ role: "looking", epoch: null, fromMs: lookingMs, toMs: election.atMs });
    spans.push({ role: election.role, epoch, fromMs: election.atMs, toMs: killedMs ?? untilMs });
    if (killedMs !== undefined) {
      spans.push({ role: "down", epoch: null, fromMs: killedMs, toMs: untilMs });
    }
  });
  return spans;
}

const ROLE_NAMES: Readonly<Record<Role, string>> = {
  leader: "leads",
  follower: "follows",
  looking: "looks for a leader",
  down: "is down",
};

export function roleTimeline({ run, faults }: ReportInput): Html | null {
  const ids = [...new Set(run.elections.map((election) => election.server))].sort((a, b) => a - b);
  if (ids.length === 0 || run.durationMs <= 0) return null;
  if (run.elections.length > ELECTIONS_MAX) {
    return html`<p class="note">
      Roles over time are not drawn: ${formatCount(run.elections.length)} elections are too many.
    </p>`;
  }
  const place = (fromMs: number, toMs: number): string => {
    const left = (100 * fromMs) / run.durationMs;
    const width = (100 * (Math.min(toMs, run.durationMs) - fromMs)) / run.durationMs;
    return `left:${left.toFixed(3)}%;width:${Math.max(0, width).toFixed(3)}%`;
  };
  const bands = faults
    .slice(0, BANDS_MAX)
    .flatMap((fault, index) =>
      fault.effectiveMs === null
        ? []
        : html`<span
            class="band"
            style="${place(fault.effectiveMs, fault.healedMs ?? run.durationMs)}"
            ><b>${index + 1}</b></span
          >`,
    );
  const lanes = ids.map(
    (id) =>
      html`<div class="lane">
        <span class="who">Server ${id}</span
        ><span class="track"
          >${roleSpans(id, run.elections, faults, run.durationMs).map(
            (span) =>
              html`<span
                class="span ${span.role}"
                style="${place(span.fromMs, span.toMs)}"
                title="Server ${id} ${ROLE_NAMES[span.role]}${span.epoch === null ? "" : `, epoch ${span.epoch}`}: ${formatAt(span.fromMs)} to ${formatAt(span.toMs)}"
                >${span.epoch === null ? null : html`<i>${span.role === "leader" ? "leads, " : ""}epoch ${span.epoch}</i>`}</span
              >`,
          )}</span
        >
      </div>`,
  );
  return html`<figure class="roles">
    <figcaption>
      <strong>Roles over time</strong> <span class="unit">s</span><br /><span class="note"
        >From n = ${run.elections.length} elections that the servers reported. Numbered bands are
        the faults of the fault log.</span
      >
    </figcaption>
    <div class="lanes" aria-hidden="true">
      <div class="bands">${bands}</div>
      ${lanes}
      <div class="lane ticks">
        <span class="who"></span><span class="track">${ticks(run.durationMs)}</span>
      </div>
    </div>
    <ul class="key" aria-label="Key">
      <li><span class="swatch leader"></span>leads</li>
      <li><span class="swatch follower"></span>follows</li>
      <li><span class="swatch looking"></span>looks for a leader</li>
      <li><span class="swatch down"></span>down</li>
    </ul>
  </figure>`;
}

function ticks(durationMs: number): Html[] {
  const steps = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 14_400, 86_400];
  const stepS = steps.find((step) => durationMs / 1_000 / step <= 7) ?? durationMs / 7_000;
  const places: Html[] = [];
  for (let atS = 0; atS * 1_000 <= durationMs; atS += stepS) {
    const left = (100_000 * atS) / durationMs;
    // The last one would stand out of the page.
    const place = left > 97 ? "end" : "";
    places.push(
      html`<span class="${place}" style="left:${left.toFixed(3)}%">${Math.round(atS)} s</span>`,
    );
  }
  return places;
}
