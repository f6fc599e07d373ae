import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { HistoryRecord, ServerFinal, ServerSample } from "./history.ts";
import { createRun, listRuns, readHistory, readRun, readSamples, readServers } from "./store.ts";
import { sampleFaults, sampleIdentity, sampleRun } from "./testdata/sample-run.ts";
import { sampleSeries } from "./testdata/sample-series.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), "store-"));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const HISTORY: HistoryRecord[] = [
  {
    kind: "op",
    id: 1,
    client: 1,
    session: "0x1",
    server: 2,
    workload: "locks",
    op: "create",
    path: "/a",
    xid: 1,
    intendedMs: 1.5,
    invokeMs: 1.6,
    completeMs: 2.25,
    outcome: "ok",
    code: 0,
    zxid: 4_294_967_299,
    flags: 3,
    created: "/a0000000001",
    value: null,
  },
  {
    kind: "watch",
    client: 1,
    session: "0x1",
    server: 2,
    type: "deleted",
    path: "/a",
    zxid: -1,
    atMs: 3,
  },
  { kind: "fence", client: 1, resource: "r", token: 9, accepted: true, atMs: 4 },
];

const FINALS: ServerFinal[] = [
  {
    server: 1,
    logFromZxid: 0,
    log: [
      {
        zxid: 1,
        hash: "ab",
        type: "closeSession",
        session: "0x1",
        cxid: 1,
        timeMs: 2,
        path: "",
        removed: ["/a"],
      },
    ],
    appliedZxid: 1,
    treeDigest: "cd",
    ephemerals: { "0x2": ["/b"] },
    sessions: ["0x2"],
  },
];

const SAMPLES: ServerSample[] = [
  {
    server: 1,
    sentMs: 1,
    receivedMs: 2,
    state: "LEADING",
    epoch: 1,
    appliedZxid: 1,
    committedZxid: 1,
    serving: true,
  },
];

async function storeWhole(): Promise<string> {
  const writer = await createRun(root, sampleIdentity());
  await writer.writeFaults(sampleFaults());
  await writer.writeSeries(sampleSeries());
  await writer.writeHistory(HISTORY);
  await writer.writeSamples(SAMPLES);
  await writer.writeServers(FINALS);
  await writer.writeReport("<!doctype html>");
  return writer.finish(sampleRun());
}

async function all<T>(records: AsyncIterable<T>): Promise<T[]> {
  return Array.fromAsync(records);
}

describe("a run that is stored", () => {
  test("comes back as it was, file by file", async () => {
    const directory = await storeWhole();
    expect(path.relative(root, directory)).toBe(sampleIdentity().id);
    expect(await readRun(directory)).toEqual({
      directory,
      run: sampleRun(),
      faults: sampleFaults(),
      series: sampleSeries(),
    });
    expect(await all(readHistory(directory))).toEqual(HISTORY);
    expect(await all(readSamples(directory))).toEqual(SAMPLES);
    expect(await readServers(directory)).toEqual(FINALS);
    expect(readFileSync(path.join(directory, "report.html"), "utf8")).toBe("<!doctype html>");
    expect(readdirSync(root)).toEqual([sampleIdentity().id]);
  });

  test("is not there, and not listed, before it is finished", async () => {
    const writer = await createRun(root, sampleIdentity());
    await writer.writeFaults([]);
    expect(await listRuns(root)).toEqual([]);
    const directory = await writer.finish(sampleRun());
    expect(await listRuns(root)).toEqual([{ id: sampleIdentity().id, directory }]);
    expect((await readRun(directory)).series).toEqual({ series: [] });
  });

  test("leaves nothing when it is abandoned, also with a write under way", async () => {
    const writer = await createRun(root, sampleIdentity());
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    async function* slow(): AsyncGenerator<HistoryRecord> {
      yield* HISTORY;
      await gate;
    }
    const writing = writer.writeHistory(slow());
    writer.abandon();
    writer.abandon();
    open();
    await writing.catch(() => undefined);
    expect(readdirSync(root)).toEqual([]);
    await expect(writer.finish(sampleRun())).rejects.toThrow("finished or abandoned");
  });

  test("streams a long history, in order", async () => {
    const writer = await createRun(root, sampleIdentity());
    const count = 5_000;
    await writer.writeHistory(
      (function* () {
        for (let token = 0; token < count; token += 1) {
          yield { kind: "fence", client: 1, resource: "ü", token, accepted: true, atMs: token };
        }
      })(),
    );
    const directory = await writer.finish(sampleRun());
    const tokens = (await all(readHistory(directory))).map((each) =>
      each.kind === "fence" ? each.token : -1,
    );
    expect(tokens).toEqual(Array.from({ length: count }, (_, index) => index));
  });

  test("cannot be killed half-written into existence", async () => {
    const script = `
      import { createRun } from ${JSON.stringify(path.join(import.meta.dirname, "store.ts"))};
      import { sampleIdentity, sampleFaults } from ${JSON.stringify(
        path.join(import.meta.dirname, "testdata/sample-run.ts"),
      )};
      const writer = await createRun(${JSON.stringify(root)}, sampleIdentity());
      await writer.writeFaults(sampleFaults());
      async function* endless() {
        for (let token = 0; ; token += 1) {
          yield { kind: "fence", client: 1, resource: "r", token, accepted: true, atMs: token };
          if (token === 20_000) process.stdout.write("writing");
          if (token % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
      }
      await writer.writeHistory(endless());`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "data");
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(readdirSync(root).filter((name) => !name.startsWith("."))).toEqual([]);
    expect(await listRuns(root)).toEqual([]);

    // The rest is swept by a later run, when it is old enough to be nobody's.
    const [left] = readdirSync(root);
    expect(left).toMatch(/^\.partial-/);
    (await createRun(root, { ...sampleIdentity(), id: "second" })).abandon();
    expect(readdirSync(root)).toEqual([left]);
    utimesSync(path.join(root, left ?? ""), new Date(0), new Date(0));
    (await createRun(root, { ...sampleIdentity(), id: "third" })).abandon();
    expect(readdirSync(root)).toEqual([]);
  });
});

describe("values that do not fit are refused before they are written", () => {
  test("a figure that is not a number is named with its place", async () => {
    const writer = await createRun(root, sampleIdentity());
    const run = sampleRun();
    run.elections[1] = { ...run.elections[1]!, durationMs: Number.NaN };
    await expect(writer.finish(run)).rejects.toThrow(/^run\.json: elections\[1\]\.durationMs: /);
    await expect(
      writer.writeHistory([HISTORY[1]!, { ...HISTORY[2]!, token: "9" } as never]),
    ).rejects.toThrow(/^history\.jsonl\.gz: line 2: token: /);
    writer.abandon();
  });

  test("an id that would leave the root, and another run's figures", async () => {
    await expect(createRun(root, { ...sampleIdentity(), id: "../x" })).rejects.toThrow(
      'identity: id: "../x" is no name of a directory',
    );
    const writer = await createRun(root, { ...sampleIdentity(), id: "other" });
    await expect(writer.finish(sampleRun())).rejects.toThrow("but this run is other");
    writer.abandon();
  });
});

describe("a damaged run is refused with the file and the field", () => {
  test.each<[string, (text: string) => string, RegExp]>([
    ["run.json", (text) => text.slice(0, 400), /run\.json: not JSON/],
    [
      "run.json",
      (text) => text.replace('"schema": 1', '"schema": 2'),
      /run\.json: identity\.schema: /,
    ],
    [
      "run.json",
      (text) => text.replace('"perSecond"', '"perSec"'),
      /run\.json: operations\[0\]\.perSecond: /,
    ],
    [
      "faults.json",
      (text) => text.replace('"noQuorum": false', '"noQuorum": "no"'),
      /faults\.json: \[0\]\.noQuorum: /,
    ],
    [
      "series.json",
      (text) => text.replace('"unit": "ops/s"', '"unit": 1'),
      /series\.json: series\[0\]\.unit: /,
    ],
  ])("%s", async (name, damage, message) => {
    const directory = await storeWhole();
    const file = path.join(directory, name);
    writeFileSync(file, damage(readFileSync(file, "utf8")));
    await expect(readRun(directory)).rejects.toThrow(message);
  });

  test("a directory that is no run says what to give instead", async () => {
    await expect(readRun(path.join(root, "nothing"))).rejects.toThrow(
      /run\.json: missing\. Give the directory of a finished run/,
    );
    await expect(all(readHistory(root))).rejects.toThrow(/history\.jsonl\.gz: missing/);
    expect(await listRuns(path.join(root, "nothing"))).toEqual([]);
  });

  test("a history that is cut off, not gzip, or wrong in a line", async () => {
    const directory = await storeWhole();
    const file = path.join(directory, "history.jsonl.gz");
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(0, whole.length - 12));
    await expect(all(readHistory(directory))).rejects.toThrow(/history\.jsonl\.gz: cannot be read/);
    writeFileSync(file, "plain text");
    await expect(all(readHistory(directory))).rejects.toThrow(/history\.jsonl\.gz: cannot be read/);
    const text = gunzipSync(whole).toString().replace('"deleted"', '"gone"');
    writeFileSync(file, gzipSync(text));
    await expect(all(readHistory(directory))).rejects.toThrow(/line 2: type: /);
    writeFileSync(file, gzipSync(gunzipSync(whole).toString().trimEnd()));
    await expect(all(readHistory(directory))).rejects.toThrow("the last line is cut off");
  });
});
