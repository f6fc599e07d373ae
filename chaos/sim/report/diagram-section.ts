/**
 * The part of the page that the script draws in: the run as a whole, the controls, the diagram, and
 * what its colours and keys mean.
 */
import { html } from "../../../dashboards/report/html.ts";
import type { Html } from "../../../dashboards/report/html.ts";
import type { Diagram } from "./diagram.ts";

/** Kinds of events by what a person calls them; the values are the classes of diagram.ts. */
const KINDS: readonly (readonly [value: string, name: string])[] = [
  ["request", "clients"],
  ["broadcast", "broadcast"],
  ["recovery", "recovery"],
  ["election", "votes"],
  ["heartbeat", "pings"],
  ["disk", "disks"],
  ["connection", "connections"],
  ["client", "sessions"],
  ["log", "logs"],
];

const ROLES: readonly (readonly [state: string, name: string])[] = [
  ["leading", "leading"],
  ["following", "following"],
  ["observing", "observing"],
  ["looking", "starting, looking"],
  ["paused", "paused"],
  ["down", "down"],
];

export function diagramSection(diagram: Diagram): Html {
  const states = new Set<string>(diagram.states.map((span) => span.state));
  const roles = ROLES.filter(([state]) => states.has(state));
  return html`<section aria-labelledby="diagram-title">
    <h2 id="diagram-title">What happened</h2>
    <noscript
      ><p class="note">The diagram needs scripts; the same story is below as text.</p></noscript
    >
    <p class="note">
      The whole run, time to scale. Drag over it to see a part, click to go to a time.
    </p>
    <div id="overview" class="overview"></div>
    <ul class="key">
      ${roles.map(([state, name]) => html`<li><i class="swatch ${state}"></i>${name}</li>`)}
      <li>dashed with a cross: not delivered (lost, or held up by a cut link until it heals)</li>
    </ul>
    ${controls(diagram)}
    <div
      id="frame"
      class="frame"
      tabindex="0"
      role="group"
      aria-label="Space–time diagram: arrows go from event to event"
      aria-describedby="keys"
    >
      <div id="names" class="names" aria-hidden="true"></div>
      <div id="picture" class="picture"></div>
    </div>
    <output id="details" class="details" aria-live="polite"
      >Choose an arrow or a mark to see what it is.</output
    >
    <p id="shown" class="note"></p>
    ${
      diagram.leftOut === 0
        ? null
        : html`<p class="note">
            ${diagram.leftOut} events far from the violation are not in this page: replay the run to
            see them.
          </p>`
    }
    <p id="keys" class="note">
      In the diagram: <kbd>↓</kbd> <kbd>↑</kbd> next and previous event, <kbd>n</kbd>
      <kbd>p</kbd> faults, <kbd>v</kbd> the violation, <kbd>e</kbd> story or everything,
      <kbd>+</kbd> <kbd>−</kbd> more and less room, <kbd>0</kbd> as at first. Time goes down;
      silences are cut short and say how long they were.
    </p>
  </section>`;
}

function controls(diagram: Diagram): Html {
  return html`<div class="controls">
    <div role="group" aria-label="How much is shown">
      <button id="story" type="button" aria-pressed="true">Story</button>
      <button id="everything" type="button" aria-pressed="false">Everything</button>
    </div>
    <div role="group" aria-label="Part of the run">
      <label>from <input id="from" type="text" inputmode="decimal" size="7" /></label>
      <label>to <input id="to" type="text" inputmode="decimal" size="7" /> s</label>
      <button id="whole" type="button">Whole run</button>
    </div>
    <div role="group" aria-label="Go to">
      <button id="fault" type="button">Next fault</button>
      ${
        diagram.violationMs === null
          ? null
          : html`<button id="violation" type="button">Violation</button>`
      }
    </div>
    <div role="group" aria-label="Room between moments">
      <button id="wider" type="button" aria-label="less room">−</button>
      <button id="closer" type="button" aria-label="more room">+</button>
    </div>
    <div id="hosts" role="group" aria-label="Hosts">
      ${diagram.hosts.map(
        (host, at) =>
          html`<button type="button" value="${at}" aria-label="${host.title}" aria-pressed="true">
            ${host.name}
          </button>`,
      )}
    </div>
    <div id="kinds" role="group" aria-label="Kinds of events" hidden>
      ${KINDS.map(
        ([value, name]) => html`<label><input type="checkbox" value="${value}" />${name}</label>`,
      )}
    </div>
  </div>`;
}
