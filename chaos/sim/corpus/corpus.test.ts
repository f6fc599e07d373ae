import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findingOf } from "../command/finding.ts";
import { findingLine } from "../command/findings.ts";
import { CORPUS_DIRECTORY } from "../command/flags.ts";
import { drawPlan as drawRealPlan } from "../generate.ts";
import type { SimFailure } from "../outcome.ts";
import { planSchema } from "../report/plan-schema.ts";
import { Pool } from "../workers/pool.ts";
import { SIMULATOR_URLS } from "../workers/simulator.ts";
import { drawPlan } from "../workers/testdata/fake-simulator.ts";
import { openThread } from "../workers/transport.ts";
import { keepFailure, readCorpus } from "./corpus.ts";

const SEED_LIMIT_MS = 60_000;
const FAILURE: SimFailure = {
  format: 1,
  commit: "0123456789abcdef",
  mutant: null,
  seed: 7,
  plan: drawPlan(7),
  check: {
    id: "C7",
    name: "reliability",
    guarantee: "Nothing acknowledged is lost.",
    violations: [{ message: "lost", evidence: ["one"], atMs: 12, faults: [] }],
    violationCount: 1,
  },
  traceHash: "00ff",
  before: { ops: 100, faults: 3 },
};

describe("the corpus", () => {
  const pool = new Pool(2, {
    open: openThread,
    urls: SIMULATOR_URLS,
    mutant: null,
    limitMs: SEED_LIMIT_MS,
  });
  afterAll(() => pool.stop());

  test("what failed once passes now", async () => {
    const entries = readCorpus(CORPUS_DIRECTORY);
    const lines = await Promise.all(
      entries.map(async (entry) => {
        const finding = findingOf({ entry }, await pool.run({ plan: entry.plan }));
        return finding === null ? [] : [findingLine(finding)];
      }),
    );
    expect(lines.flat()).toEqual([]);
  }, 120_000);
});

describe("entries", () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(path.join(tmpdir(), "corpus-"));
  });
  afterAll(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  test("can hold every plan that the generator draws", () => {
    for (let seed = 1; seed <= 200; seed++) {
      const plan = drawRealPlan(seed);
      expect(planSchema.parse(JSON.parse(JSON.stringify(plan))), `seed ${seed}`).toEqual(plan);
    }
  });

  test("are read by name, as they were kept", () => {
    keepFailure(directory, "found.json", FAILURE, "second", "B broke.");
    keepFailure(directory, "found.json", FAILURE, "first", "A broke.");
    expect(readCorpus(directory)).toEqual([
      { ...FAILURE, name: "first", reason: "A broke." },
      { ...FAILURE, name: "second", reason: "B broke." },
    ]);
  });

  test("never take another one's place", () => {
    expect(() => keepFailure(directory, "found.json", FAILURE, "first", "C broke.")).toThrow(
      "is there already",
    );
  });

  test("are refused when the file is renamed, damaged or incomplete", () => {
    const file = path.join(directory, "other.json");
    writeFileSync(file, JSON.stringify({ ...FAILURE, name: "first", reason: "A." }));
    expect(() => readCorpus(directory)).toThrow("other.json: name: first does not go with it");
    writeFileSync(file, "{");
    expect(() => readCorpus(directory)).toThrow("other.json: ");
    writeFileSync(file, JSON.stringify({ ...FAILURE, name: "other" }));
    expect(() => readCorpus(directory)).toThrow("other.json: reason: ");
  });
});
