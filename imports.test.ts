/**
 * Imports point one way (shared design, README "Layout"): this is the list of who may import whom.
 */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = import.meta.dirname;
const FOLDERS = ["server", "results", "loadgen", "chaos", "dashboards"] as const;
type Folder = (typeof FOLDERS)[number];

/** Besides itself. What ends in `/` is a folder, all else a file. */
const ALLOWED: Readonly<Record<Folder, readonly string[]>> = {
  server: [],
  results: [],
  loadgen: [
    "server/wire/",
    "server/errors.ts",
    "server/env.ts",
    "server/node-env.ts",
    "server/ids.ts",
    "results/",
  ],
  dashboards: ["results/"],
  chaos: ["server/", "loadgen/", "results/", "dashboards/report/", "dashboards/testdata/"],
};

/** The deterministic core: no Node, no clock, no promises. */
const CORE = ["server/zab", "server/tree", "server/wire"];

function sourceFiles(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.includes("node_modules"))
    .map((name) => `${folder}/${name}`);
}

/** The files of the project that a file imports, as paths from the root. */
function localImports(file: string): string[] {
  const text = readFileSync(path.join(ROOT, file), "utf8");
  return [...text.matchAll(/(?:from|import\()\s*["'](\.[^"']+)["']/g)].map((match) =>
    path.normalize(path.join(path.dirname(file), match[1] as string)),
  );
}

describe("imports", () => {
  test.each(FOLDERS)("%s imports only what it may", (folder) => {
    const files = sourceFiles(folder);
    expect(files.length).toBeGreaterThan(3);
    const wrong: string[] = [];
    for (const file of files)
      for (const target of localImports(file)) {
        const allowed = [`${folder}/`, ...ALLOWED[folder]].some((prefix) =>
          prefix.endsWith("/") ? target.startsWith(prefix) : target === prefix,
        );
        if (!allowed) wrong.push(`${file} imports ${target}`);
      }
    expect(wrong).toEqual([]);
  });

  test.each(CORE)("%s touches no Node API, clock, randomness, timer or promise", (folder) => {
    const wrong: string[] = [];
    const forbidden =
      /from ["']node:|\bDate\.now|new Date\(|Math\.random|performance\.|setTimeout|setInterval|setImmediate|queueMicrotask|\bprocess\.|\bPromise\b|\bawait\b|\basync\b/;
    for (const file of sourceFiles(folder)) {
      if (file.includes(".test.") || file.includes("/testing/")) continue;
      readFileSync(path.join(ROOT, file), "utf8")
        .split("\n")
        .forEach((line, index) => {
          const code = line.replace(/^\s*(\/\/|\*|\/\*).*$/, "");
          if (forbidden.test(code)) wrong.push(`${file}:${index + 1}: ${line.trim()}`);
        });
    }
    expect(wrong).toEqual([]);
  });
});
