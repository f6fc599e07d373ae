import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { Script } from "node:vm";
import { describe, expect, test } from "vitest";
import { loadPageAssets } from "./page-assets.ts";
import { renderFailureHtml } from "./render-failure.ts";
import { exampleFailure, exampleTrace } from "./testdata/example-failure.ts";

const PAGE = path.join(import.meta.dirname, "page");
const REPORT_THEME = path.join(import.meta.dirname, "../../../dashboards/report/page/theme.css");

describe("the fixed parts of the page", () => {
  test("share no names: the modules become one script", () => {
    const names = readdirSync(PAGE)
      .filter((file) => file.endsWith(".js"))
      .flatMap((file) => [
        ...readFileSync(path.join(PAGE, file), "utf8").matchAll(
          /^(?:export )?(?:async )?(?:function|const|let|class) (\w+)/gm,
        ),
      ])
      .map((match) => match[1]);
    expect(names.length).toBeGreaterThan(40);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });

  test("are a script that compiles, with nothing left of its modules", () => {
    const { script } = loadPageAssets();
    expect(script).not.toMatch(/^(?:import|export)\b/m);
    expect(() => new Script(script)).not.toThrow();
  });

  test("have the colours of the run report", () => {
    const { style } = loadPageAssets();
    const theirs = [...readFileSync(REPORT_THEME, "utf8").matchAll(/^ +--[\w-]+: [^;]+;/gm)];
    expect(theirs.length).toBeGreaterThan(40);
    expect(theirs.map(([color]) => color).filter((color) => !style.includes(color))).toEqual([]);
  });
});

describe("the page as text", () => {
  const html = renderFailureHtml(exampleFailure(), exampleTrace(), { file: "failures/4711.json" });

  test("tells the whole story without a script", () => {
    for (const part of [
      "C7 reliability broken",
      "npm run sim -- --replay failures/4711.json",
      "6c4fce8a5b0d1e2f3a4b5c6d7e8f901234567890",
      "ack-before-fsync",
      "power cut of server 3 (leader)",
      "×╌",
    ])
      expect(html).toContain(part);
  });

  test("refers to nothing outside itself", () => {
    expect(html).not.toMatch(/(?:src|href)="(?!#|data:,)/);
    expect(html).not.toMatch(/url\(|@import/);
  });
});
