/**
 * The fixed parts of the page: styles and scripts, inlined so that the file needs nothing else.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

export interface Assets {
  readonly style: string;
  /** In the order in which they run. */
  readonly scripts: readonly string[];
  /** Content-Security-Policy: no request at all, and no script but these. */
  readonly policy: string;
}

/** Each imports only from those before it. */
const PAGE_MODULES = ["palette.js", "format.js", "marks.js", "charts.js", "keyboard.js", "main.js"];

/** Later ones win. */
const PAGE_STYLES = ["theme.css", "frame.css", "sections.css", "media.css"];

let loaded: Assets | null = null;

/** The colours of all our pages, light and dark, as a style sheet of custom properties. */
export function themeStyle(): string {
  return readFileSync(path.join(import.meta.dirname, "page/theme.css"), "utf8");
}

/** Read once per process. Throws the system's error if uPlot is not installed. */
export function loadAssets(): Assets {
  if (loaded === null) {
    const uplot = path.dirname(createRequire(import.meta.url).resolve("uplot/package.json"));
    const inPage = (name: string): string => path.join(import.meta.dirname, "page", name);
    const read = (file: string): string => readFileSync(file, "utf8");
    const scripts = [
      read(path.join(uplot, "dist/uPlot.iife.min.js")),
      joinModules(PAGE_MODULES.map((name) => read(inPage(name)))),
    ];
    const hashes = scripts.map(
      (script) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`,
    );
    loaded = {
      style: [path.join(uplot, "dist/uPlot.min.css"), ...PAGE_STYLES.map(inPage)]
        .map(read)
        .join("\n"),
      scripts,
      policy: `default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src ${hashes.join(" ")}; base-uri 'none'; form-action 'none'`,
    };
  }
  return loaded;
}

/**
 * Modules as one script: an inline script cannot import files. They import only from each other and
 * share no top-level names, so their imports and the word `export` can go.
 */
export function joinModules(sources: readonly string[]): string {
  const bodies = sources.map((source) =>
    source
      .replace(/^import\s[^;]*;\n/gm, "")
      .replace(/^export (?=(?:async )?(?:function|const|class) )/gm, ""),
  );
  return `(() => {\n"use strict";\n${bodies.join("\n")}})();\n`;
}
