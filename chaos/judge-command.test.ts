import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { OpRecord, RunHistory } from "../results/history.ts";
import { factsOf } from "../results/run-facts.ts";
import type { CheckResult } from "../results/schema.ts";
import { createRun } from "../results/store.ts";
import { sampleIdentity, sampleRun } from "../results/testdata/sample-run.ts";
import { runChaos } from "./chaos-command.ts";
import { BROKEN_HISTORIES } from "./checkers/broken-histories.ts";
import { checkAll } from "./checkers/check-all.ts";
import { seededRandom } from "./checkers/generated-ensemble.ts";
import { generateRun } from "./checkers/generated-run.ts";
import type { Judgement } from "./judge-command.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), "judge-"));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

async function judge(...args: string[]): Promise<{ code: number; out: string; errors: string }> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const end = new AbortController().signal;
  const streams = { stdout, stderr } as unknown as Record<"stdout" | "stderr", NodeJS.WriteStream>;
  const code = await runChaos(["judge", ...args], { ...streams, end });
  const text = (stream: PassThrough): string => String(stream.read() ?? "");
  return { code, out: text(stdout), errors: text(stderr) };
}

async function store(history: RunHistory): Promise<string> {
  const writer = await createRun(root, sampleIdentity());
  await writer.writeHistory(history.records);
  await writer.writeServers(history.finals);
  await writer.writeSamples(history.samples);
  await writer.writeFaults(history.faults);
  await writer.writeFacts(factsOf(history));
  return writer.finish(sampleRun());
}

function untimed(checks: readonly CheckResult[]): CheckResult[] {
  return checks.map((check) => ({ ...check, elapsedMs: 0 }));
}

/** Two clients of some register that knows no zxid; the second one reads. */
function register(read: string): string {
  const op: OpRecord = {
    kind: "op",
    id: 1,
    client: 1,
    session: "0x0",
    server: 1,
    workload: "mine",
    op: "setData",
    path: "/x",
    xid: 1,
    intendedMs: 0,
    invokeMs: 0,
    completeMs: 1,
    outcome: "ok",
    code: 0,
    zxid: -1,
    value: "1",
  };
  const ops: OpRecord[] = [
    op,
    { ...op, id: 2, xid: 2, invokeMs: 2, completeMs: 3, value: "2" },
    { ...op, id: 3, client: 2, op: "getData", invokeMs: 4, completeMs: 5, value: read },
  ];
  return ops.map((each) => `${JSON.stringify(each)}\n`).join("");
}

describe("npm run chaos -- judge", () => {
  test("gives a stored run the verdicts, counts and evidence that it had", async () => {
    const history = generateRun(3);
    const whole = await judge(await store(history), "--json");
    const judgement = JSON.parse(whole.out) as Judgement;
    expect(untimed(judgement.checks)).toEqual(untimed(checkAll(history)));
    expect(judgement.verdict).toBe("pass");
    expect(whole.code).toBe(0);
  });

  test.each(BROKEN_HISTORIES)("finds again in the stored run: $name", async (broken) => {
    const history = broken.break(generateRun(3), seededRandom(5));
    if (history === null) throw new Error("choose another seed: this one has nothing to break");
    const { code, out } = await judge(await store(history), "--json");
    expect(untimed((JSON.parse(out) as Judgement).checks)).toEqual(untimed(checkAll(history)));
    expect(code).toBe(1);
  });

  test("shows what each check looked at, what it found, and what it looked for it at", async () => {
    writeFileSync(path.join(root, "history.jsonl"), register("1"));
    const { code, out } = await judge(root, "--only", "c13");
    expect(code).toBe(1);
    expect(out).toContain("3 operations");
    expect(out).toMatch(/C13 black box {2}fail {2}[\d.]+ m?s/);
    expect(out).toContain("looked at: 1 znodes, 3 operations");
    expect(out).toContain("Linearizability broke: the answer to client 2's getData /x");
    expect(out).toContain('getData /x → ok (value "1")');
    expect(out).toMatch(/\nFAIL\n {2}C13 black box: Linearizability broke/);
  });

  test("takes the lines that the README shows to who makes a history by hand", async () => {
    const readme = readFileSync(path.join(import.meta.dirname, "README.md"), "utf8");
    const lines = readme.split("\n").filter((line) => line.startsWith('{"kind"'));
    writeFileSync(path.join(root, "history.jsonl"), lines.join("\n"));
    const { code, out } = await judge(root, "--only", "C13", "--json");
    expect((JSON.parse(out) as Judgement).history.operations).toBe(2);
    expect(code).toBe(0);
  });

  test("takes C13 in by itself where there are no zxids; what cannot be judged is unknown", async () => {
    writeFileSync(path.join(root, "history.jsonl"), register("2"));
    const { code, out } = await judge(root, "--json");
    const { checks } = JSON.parse(out) as Judgement;
    expect(checks.find(({ id }) => id === "C13")?.verdict).toBe("pass");
    expect(checks.find(({ id }) => id === "C1")?.verdict).toBe("unknown");
    expect(code).toBe(3);
    expect((await judge(root, "--only", "C13")).code).toBe(0);
  });

  test.each([
    [["nowhere"], "nowhere: missing. Give the directory of a run"],
    [[], "missing required argument 'directory'"],
    [["x", "--only", "C1,C99"], "There is no checker C99: there are C1, C2"],
    [["x", "--only", ""], "There is no checker without an id"],
    [["x", "y"], "too many arguments"],
  ])("%j is refused with exit code 2", async (args, message) => {
    const { code, errors, out } = await judge(...args);
    expect(errors).toContain(message);
    expect(errors).not.toContain("    at ");
    expect([code, out]).toEqual([2, ""]);
  });

  test("a file that is damaged is named, with the line", async () => {
    const file = path.join(root, "history.jsonl");
    writeFileSync(file, register("2").replace('"getData"', '"get"'));
    expect(await judge(root)).toMatchObject({ code: 2, out: "" });
    expect((await judge(root)).errors).toContain(`error: ${file}: line 3: op: `);
    const directory = await store(generateRun(3));
    const stored = path.join(directory, "history.jsonl.gz");
    writeFileSync(stored, readFileSync(stored).subarray(0, 1_000));
    expect((await judge(directory)).errors).toContain(`error: ${stored}: cannot be read`);
  });

  test("operations and servers that are there twice are refused, with file and place", async () => {
    const file = path.join(root, "history.jsonl");
    const lines = register("2").trimEnd();
    writeFileSync(file, `${lines}\n${lines.split("\n")[1]}\n`);
    expect(await judge(root)).toMatchObject({ code: 2, out: "" });
    expect((await judge(root)).errors).toContain(
      `error: ${file}: line 4: id: 2 is that of an earlier operation, too: give each operation its own`,
    );
    writeFileSync(file, lines);
    const servers = path.join(root, "servers.json");
    const state = { logFromZxid: 0, log: [], appliedZxid: 0, treeDigest: "", ephemerals: {} };
    const final = { server: 2, ...state, sessions: [] };
    writeFileSync(servers, JSON.stringify([{ ...final, server: 1 }, final, final]));
    expect((await judge(root)).errors).toContain(
      `error: ${servers}: [2].server: 2 is that of an earlier server, too`,
    );
  });
});
