/**
 * The fixed parts of the page of a failure: styles and scripts, inlined so that the file needs nothing
 * else.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { joinModules, themeStyle } from "../../../dashboards/report/assets.ts";

export interface PageAssets {
  readonly style: string;
  readonly script: string;
  /** Content-Security-Policy: no request at all, and no script but this. */
  readonly policy: string;
}

/** Each imports only from those before it; their top-level names differ. */
const MODULES = [
  "words.js",
  "label-room.js",
  "layout.js",
  "draw-events.js",
  "draw.js",
  "overview.js",
  "view.js",
  "main.js",
];

/** After the colours of all our pages; later ones win. */
const STYLES = ["page.css", "diagram.css"];

let loaded: PageAssets | null = null;

/** Read once per process. */
export function loadPageAssets(): PageAssets {
  if (loaded === null) {
    const read = (name: string): string =>
      readFileSync(path.join(import.meta.dirname, "page", name), "utf8");
    const script = joinModules(MODULES.map(read));
    const hash = createHash("sha256").update(script).digest("base64");
    loaded = {
      style: [themeStyle(), ...STYLES.map(read)].join("\n"),
      script,
      policy: `default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`,
    };
  }
  return loaded;
}
