import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { argv, runCommand } from "./command/testdata/run-command.ts";
import { readCorpusEntry } from "./corpus/corpus.ts";
import { readFailure } from "./report/failure-file.ts";
import { SIMULATOR_URLS } from "./workers/simulator.ts";
import {
  BLIND_SEED,
  BROKEN_SEED,
  DYING_SEED,
  ESCAPING_SEED,
  FORGETFUL_SEED,
  GOSSIPING_SEED,
  HANGING_SEED,
  THROWING_SEED,
} from "./workers/testdata/fake-simulator.ts";

let out: string;

beforeEach(() => {
  out = mkdtempSync(path.join(tmpdir(), "sim-test-"));
});
afterEach(() => {
  rmSync(out, { recursive: true, force: true });
});

const seed = (number: number): string[] => [
  ...argv`--from ${number} --seeds 1`,
  ...argv`--no-corpus --jobs 2 --out ${out}`,
];

describe("npm run sim", () => {
  test("seeds that pass: what they add up to, and exit code 0", async () => {
    const { code, stdout, stderr } = await runCommand([
      ...argv`--seeds 12 --no-corpus --jobs 2 --out ${out}`,
    ]);
    expect(code).toBe(0);
    expect(stderr).toContain("Simulating 12 seeds from 1, 2 at a time");
    expect(stdout).toMatch(/PASS {2}12 seeds from 1/);
    expect(stdout).toMatch(/simulated seconds +360 /);
    expect(stdout).toMatch(/operations +720 /);
    expect(stdout).toMatch(/faults +24 /);
    expect(stdout).toMatch(/C7 +reliability +pass +720 operations/);
    expect(stdout).toContain("fault classes: 2 of");
    expect(readdirSync(out)).toEqual([]);
  });

  test("a seed that breaks a guarantee: its line, its story, its file and page, exit code 1", async () => {
    const { code, stdout, stderr } = await runCommand([
      ...argv`--from ${BROKEN_SEED - 3} --seeds 4`,
      ...argv`--no-corpus --jobs 2 --out ${out}`,
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain(`FAIL  seed ${BROKEN_SEED}: C7 reliability`);
    expect(stderr).toContain(`npm run sim -- --from ${BROKEN_SEED} --seeds 1\n`);
    expect(stdout).toContain("C7 reliability broken");
    expect(stdout).toContain("Shrunk from 60 operations and 4 faults to 1 and 1.");
    expect(stdout).toContain("1 run broke a guarantee, in 1 way.");
    const name = `seed-${BROKEN_SEED}-C7`;
    expect(readdirSync(out).toSorted()).toEqual([`${name}.html`, `${name}.json`]);
    const failure = readFailure(path.join(out, `${name}.json`));
    expect(failure).toMatchObject({ seed: BROKEN_SEED, mutant: null, before: { ops: 60 } });
    expect(failure.plan.ops).toHaveLength(1);
  });

  test("--no-shrink keeps the failure as it was found", async () => {
    await runCommand([...seed(BROKEN_SEED), "--no-shrink"]);
    const failure = readFailure(path.join(out, `seed-${BROKEN_SEED}-C7.json`));
    expect(failure.plan.ops).toHaveLength(60);
  });

  test.each([
    ["throws", THROWING_SEED, 3, "the simulator is wrong"],
    ["uses what no Env gave it", ESCAPING_SEED, 3, "Date.now was used"],
    ["kills its worker", DYING_SEED, 3, "with code 7"],
    ["has nothing for any check to look at", BLIND_SEED, 3, "no check had anything to look at"],
  ])("a seed that %s decides nothing, and says so", async (_what, number, exit, message) => {
    const { code, stdout, stderr } = await runCommand(seed(number));
    expect(code).toBe(exit);
    expect(stderr).toContain(`seed ${number}: `);
    expect(stderr).toContain(message);
    expect(stderr).toContain(`npm run sim -- --from ${number} --seeds 1\n`);
    expect(stdout).toContain("UNKNOWN");
  });

  test("a seed that hangs is a finding, and the others are run", async () => {
    const { code, stdout, stderr } = await runCommand([
      ...argv`--from ${HANGING_SEED - 3} --seeds 4 --seed-seconds 2`,
      ...argv`--no-corpus --jobs 1 --out ${out} --no-shrink`,
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain(`HANG  seed ${HANGING_SEED}: it did not end within 2 s`);
    expect(stdout).toContain("1 run did not come to an end.");
    expect(stdout).toMatch(/runs +2 /);
  });

  test("a large set in which something never happened is no pass", async () => {
    const { code, stdout } = await runCommand([
      ...argv`--from 1000 --seeds 500 --no-corpus --jobs 2 --out ${out}`,
    ]);
    expect(code).toBe(3);
    expect(stdout).toContain("Never seen, fault classes: ");
    expect(stdout).toContain("UNKNOWN");
  });

  test("--for begins no seed after the time, --fresh says which was the first", async () => {
    const { code, stderr, stdout } = await runCommand([
      ...argv`--for 1 --seeds 40 --fresh --no-corpus --jobs 2 --out ${out}`,
    ]);
    expect(code).toBe(0);
    const first = /40 seeds from (\d+), 1 s/.exec(stderr)?.[1];
    expect(Number(first)).toBeGreaterThan(0);
    expect(stdout).toContain(`from ${first}`);
  });

  test("--json writes one object to stdout, and nothing else", async () => {
    const { code, stdout } = await runCommand([...seed(BROKEN_SEED), "--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: "fail",
      firstSeed: BROKEN_SEED,
      seeds: 1,
      totals: { runs: 1, operations: 60 },
      failures: [
        { check: "C7", runs: 1, replay: `npm run sim -- --from ${BROKEN_SEED} --seeds 1` },
      ],
    });
  });

  test("broken off in the middle it tells what was found until then, and nothing is left", async () => {
    const end = new AbortController();
    const { code, stdout } = await runCommand(
      [...argv`--from ${BROKEN_SEED} --seeds 3 --no-corpus`, ...argv`--jobs 1 --out ${out}`],
      {
        end: end.signal,
        // The seed after the next one would hang for a minute.
        onStderr: (text) => text.includes("--from 14") && end.abort(),
      },
    );
    expect(code).toBe(1);
    expect(stdout).toContain("Broken off");
    expect(readdirSync(out)).toEqual([`seed-${BROKEN_SEED}-C7.json`]);
  });
});

describe("npm run sim -- --check-determinism", () => {
  const check = (from: number, seeds: number): string[] => [
    ...argv`--check-determinism --from ${from} --seeds ${seeds} --jobs 2`,
  ];

  test("seeds that give the same trace in every process", async () => {
    const { code, stdout } = await runCommand(check(1, 5));
    expect(stdout).toContain("PASS  5 seeds from 1, each in two processes: 5 the same");
    expect(code).toBe(0);
  });

  test("a seed that depends on those before it: the first event that differs", async () => {
    const { code, stdout } = await runCommand(check(FORGETFUL_SEED, 3));
    expect(code).toBe(1);
    expect(stdout).toContain(`DIFFERENT  seed ${FORGETFUL_SEED}: hash`);
    expect(stdout).toContain("first difference: event 1");
    expect(stdout).toContain('"noise 1"');
    expect(stdout).toContain('"noise 2"');
  });

  test("a seed of the same events whose clients are told other things: what they are told", async () => {
    const { code, stdout } = await runCommand(check(GOSSIPING_SEED, 3));
    expect(code).toBe(1);
    expect(stdout).toContain(`DIFFERENT  seed ${GOSSIPING_SEED}: hash`);
    expect(stdout).toContain("are the same, byte by byte.");
    expect(stdout).toContain("first difference in the history records: number 0");
    expect(stdout).toContain("  token: 1 and 2");
  });

  test("a single seed is not the first of its process", async () => {
    const { code } = await runCommand(check(FORGETFUL_SEED, 1));
    expect(code).toBe(1);
  });

  test("what uses more than its Env fails, also when it does so every time", async () => {
    const { code, stdout } = await runCommand(check(ESCAPING_SEED, 1));
    expect(code).toBe(1);
    expect(stdout).toContain(`ESCAPED    seed ${ESCAPING_SEED}`);
  });

  test("a seed without a trace is no pass", async () => {
    const { code, stdout } = await runCommand(check(DYING_SEED, 1));
    expect(code).toBe(3);
    expect(stdout).toContain("UNKNOWN  1 seed");
  });
});

describe("a kept failure", () => {
  const file = (): string => path.join(out, `seed-${BROKEN_SEED}-C7.json`);
  beforeEach(async () => {
    await runCommand(seed(BROKEN_SEED));
  });

  test("is shown step by step, and is still there", async () => {
    const { code, stdout } = await runCommand(["--replay", file()]);
    expect(code).toBe(1);
    expect(stdout).toContain("C7 reliability broken");
    expect(stdout).toMatch(/fault 1 begins: kill|kill/);
    expect(stdout).toContain("the same as when it was found");
    expect(stdout).toContain("FAIL  C7 reliability fails as it did when it was found.");
  });

  test("that is gone, at another commit with another trace, says so", async () => {
    const failure = readFailure(file());
    const plan = { ...failure.plan, faults: [] };
    writeFileSync(file(), JSON.stringify({ ...failure, plan, commit: "0123", traceHash: "99" }));
    const { code, stdout } = await runCommand(["--replay", file()]);
    expect(code).toBe(0);
    expect(stdout).toContain("it was found at 0123");
    expect(stdout).toContain("it was 99: this is not the run that was found");
    expect(stdout).toContain("PASS  C7 reliability does not fail any more");
  });

  test("is taken into the corpus, which the next run begins with", async () => {
    const corpus = path.join(out, "corpus");
    const keep = [
      ...argv`--keep ${file()} --name lost-write --corpus ${corpus}`,
      ...argv`--reason ${"A write was lost; it is written twice now."}`,
    ];
    expect((await runCommand(keep)).code).toBe(0);
    expect(await runCommand(keep)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("choose another --name"),
    });
    const { code, stderr, stdout } = await runCommand([
      ...argv`--seeds 2 --corpus ${corpus} --out ${path.join(out, "new")} --jobs 1`,
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain("FAIL  corpus lost-write: C7");
    expect(stdout).toContain("2 seeds from 1 after 1 of the corpus");
    const entry = path.join(corpus, "lost-write.json");
    expect(await runCommand(["--replay", entry, "--corpus", corpus, "--json"])).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('"isSameFailure":true'),
    });
    writeFileSync(
      entry,
      JSON.stringify({ ...readCorpusEntry(entry), commit: "0123", traceHash: "99" }),
    );
    const replayed = await runCommand(["--replay", entry, "--corpus", corpus]);
    expect(replayed.stdout).toContain(
      "it was 99: another commit runs the same plan otherwise, which is as it should be in the corpus",
    );
  });

  test("of a planted bug does not go into the corpus", async () => {
    const failure = readFailure(file());
    writeFileSync(file(), JSON.stringify({ ...failure, mutant: "quorum-is-half" }));
    const { code, stderr } = await runCommand([
      ...argv`--keep ${file()} --name planted --reason none --corpus ${out}`,
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain(`error: ${file()}: mutant: a planted bug is none of the server's own`);
  });

  test.each([
    [{ check: { id: "C99" } }, "check.id: there is no check C99"],
    [{ mutant: "no-such-bug" }, "mutant: there is no mutant no-such-bug"],
  ])("with %j, which there is not, is refused by the field", async (change, message) => {
    const failure = readFailure(file());
    const check = { ...failure.check, ...("check" in change ? change.check : {}) };
    writeFileSync(file(), JSON.stringify({ ...failure, ...change, check }));
    const { code, stdout, stderr } = await runCommand(["--replay", file()]);
    expect(code).toBe(2);
    expect(stderr).toContain(`${file()}: ${message}`);
    expect(stdout).toBe("");
  });

  test("that is damaged is refused by the field", async () => {
    writeFileSync(file(), readFileSync(file(), "utf8").replace('"servers": 3', '"servers": 4'));
    const { code, stderr } = await runCommand(["--replay", file()]);
    expect(code).toBe(2);
    expect(stderr).toContain("plan.servers");
  });
});

test("a planted bug is found in the real server, shrunk, and fails again from its file", async () => {
  const { code, stdout } = await runCommand(
    [
      ...argv`--mutant quorum-is-half --seeds 8 --jobs 2 --out ${out}`,
      ...argv`--shrink-seconds 4 --json`,
    ],
    { simulator: SIMULATOR_URLS },
  );
  expect(code).toBe(1);
  const { failures } = JSON.parse(stdout) as { failures: { file: string; faults: number }[] };
  const file = failures[0]?.file ?? "";
  const { plan, before, check } = readFailure(file);
  expect(plan.ops.length + plan.faults.length).toBeLessThan(before.ops + before.faults);
  const again = await runCommand(["--replay", file, "--json"], { simulator: SIMULATOR_URLS });
  expect(again.code).toBe(1);
  expect(JSON.parse(again.stdout)).toMatchObject({
    isSameFailure: true,
    isSameTrace: true,
    kept: { check: check.id },
  });
  const without = { ...readFailure(file), mutant: null };
  writeFileSync(file, JSON.stringify(without));
  const sound = await runCommand(["--replay", file, "--json"], { simulator: SIMULATOR_URLS });
  expect(sound.code).toBe(0);
}, 240_000);
