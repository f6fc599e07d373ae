import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type {
  HistoryRecord,
  OpRecord,
  ServerFinal,
  ServerSample,
  ServerTxn,
  StatRecord,
} from "./history.ts";
import { readStoredHistory } from "./stored-history.ts";
import { createRun } from "./store.ts";
import { sampleFaults, sampleIdentity, sampleRun } from "./testdata/sample-run.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), "stored-history-"));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const STAT: StatRecord = {
  czxid: 0x1_0000_0001,
  mzxid: 0x1_0000_0002,
  pzxid: 0x1_0000_0003,
  version: 4,
  cversion: -5,
  ephemeralOwner: "0x1f",
  numChildren: 0,
};

const OP: OpRecord = {
  kind: "op",
  id: 1,
  client: 1,
  session: "0x1f",
  server: 2,
  workload: "mix",
  op: "sync",
  path: "/a",
  xid: 3,
  intendedMs: 0.5,
  invokeMs: 1,
  completeMs: 2.5,
  outcome: "ok",
  code: 0,
  zxid: 0x1_0000_0001,
};

const RECORDS: readonly HistoryRecord[] = [
  OP,
  { ...OP, id: 2, op: "getData", value: null, watch: true, stat: STAT },
  {
    ...OP,
    id: 3,
    op: "exists",
    outcome: "fail",
    code: -101,
    watch: false,
    stat: { ...STAT, aversion: 6, dataLength: 7, ctimeMs: 8.5, mtimeMs: 1.7e12 },
  },
  {
    ...OP,
    id: 4,
    op: "create",
    flags: 5,
    value: "v",
    created: "/a1",
    ttlMs: 9,
    acl: "world:anyone:31",
  },
  { ...OP, id: 5, op: "setData", expectedVersion: -1, value: "" },
  { ...OP, id: 6, op: "getChildren", children: ["b", "c"] },
  {
    ...OP,
    id: 7,
    op: "multi",
    path: "",
    parts: [{ type: "check", path: "/a", code: 0, stat: STAT }],
  },
  { ...OP, id: 8, op: "addWatch", watchMode: "recursive" },
  { ...OP, id: 9, op: "removeWatches", watchKind: "any", xid: 2 ** 40 },
  {
    kind: "watch",
    client: 1,
    session: "0x1f",
    server: 2,
    type: "deleted",
    path: "/a",
    zxid: -1,
    atMs: 3.25,
  },
  { kind: "fence", client: 1, resource: "r", token: 9, accepted: true, atMs: 4 },
];

const TXN: ServerTxn = {
  zxid: 1,
  hash: "aa",
  type: "setACL",
  session: "0x1f",
  cxid: 2,
  timeMs: 1.7e12,
  path: "/a",
};

const LOG: readonly ServerTxn[] = [
  { ...TXN, version: 3, acl: "world:anyone:1" },
  { ...TXN, zxid: 2, type: "create", ephemeralOwner: "0x0", value: null, dataLength: 0 },
  { ...TXN, zxid: 3, type: "multi", parts: [{ type: "error", path: "", code: -2 }] },
  { ...TXN, zxid: 4, type: "closeSession", removed: ["/a", "/b"] },
  { ...TXN, zxid: 5, type: "createSession", timeoutMs: 4_000 },
  { ...TXN, zxid: 6, type: "error", code: -101 },
];

const SAMPLES: readonly ServerSample[] = (["LEADING", "LOOKING"] as const).map((state) => ({
  server: 1,
  sentMs: 1.5,
  receivedMs: 2,
  state,
  epoch: 3,
  appliedZxid: 0x3_0000_0001,
  committedZxid: 0x3_0000_0002,
  serving: state === "LEADING",
}));

function final(server: number, log: readonly ServerTxn[]): ServerFinal {
  const state = { appliedZxid: 6, treeDigest: "d", ephemerals: {}, sessions: [] };
  return { server, logFromZxid: 0, log, ...state };
}

async function store(finals: readonly ServerFinal[] = []): Promise<string> {
  const writer = await createRun(root, sampleIdentity());
  await writer.writeHistory(RECORDS);
  await writer.writeSamples(SAMPLES);
  await writer.writeServers(finals);
  await writer.writeFaults(sampleFaults());
  return writer.finish(sampleRun());
}

/** All that a record may have, read field by field: a row of a column has none of its own. */
function fieldsOf<T extends object>(all: readonly T[], row: T): Record<string, unknown> {
  const names = new Set(all.flatMap((record) => Object.keys(record)));
  const fields: Record<string, unknown> = {};
  for (const name of names) {
    const value = (row as Record<string, unknown>)[name];
    if (value !== undefined) {
      fields[name] = name === "stat" ? fieldsOf([STAT, FULL_STAT], value as StatRecord) : value;
    }
  }
  return fields;
}

const FULL_STAT: StatRecord = { ...STAT, aversion: 1, dataLength: 1, ctimeMs: 1, mtimeMs: 1 };

describe("a stored history", () => {
  test("reads field by field as it was written", async () => {
    const { records, samples, finals } = await readStoredHistory(await store([final(1, LOG)]));
    expect(records.map((record) => fieldsOf(RECORDS, record))).toEqual(RECORDS);
    expect(samples.map((sample) => fieldsOf(SAMPLES, sample))).toEqual(SAMPLES);
    expect(finals[0]?.log.map((txn) => fieldsOf(LOG, txn))).toEqual(LOG);
    expect({ ...finals[0], log: [] }).toEqual(final(1, []));
  });

  test("holds entries that the servers' logs share once, and only these", async () => {
    const other = LOG.map((txn) => (txn.zxid === 2 ? { ...txn, value: "other" } : txn));
    const directory = await store([final(1, LOG), final(2, LOG.slice(1)), final(3, other)]);
    const [first, second, third] = (await readStoredHistory(directory)).finals;
    expect(second?.log.every((txn, at) => txn === first?.log[at + 1])).toBe(true);
    expect(third?.log.map((txn, at) => txn === first?.log[at])).toEqual(
      LOG.map(({ zxid }) => zxid !== 2),
    );
    expect(third?.log[1]?.value).toBe("other");
  });

  test("that somebody made by hand needs nothing but a file of lines", async () => {
    const text = RECORDS.map((record) => JSON.stringify(record)).join("\n");
    writeFileSync(path.join(root, "history.jsonl"), text);
    const history = await readStoredHistory(root);
    expect(history.records).toHaveLength(RECORDS.length);
    const { records: _, ...rest } = history;
    expect(rest).toEqual({
      samples: [],
      finals: [],
      faults: [],
      crashes: [],
      endMs: 4,
      healedMs: 0,
      livenessBoundMs: 30_000,
      tickMs: 2_000,
    });
    writeFileSync(path.join(root, "servers.json"), JSON.stringify([final(1, LOG)], null, 2));
    expect((await readStoredHistory(root)).finals[0]?.log).toHaveLength(LOG.length);
  });

  test("of before there were facts has those of its run and its faults", async () => {
    const directory = await store();
    const file = path.join(directory, "run.json");
    const run = JSON.parse(readFileSync(file, "utf8"));
    Object.assign(run.identity.config, { livenessBoundMs: 7_000, config: { tickTime: "500" } });
    writeFileSync(file, JSON.stringify(run));
    const { records: _r, samples: _s, finals: _f, ...rest } = await readStoredHistory(directory);
    expect(rest).toEqual({
      faults: sampleFaults(),
      crashes: [],
      endMs: sampleRun().durationMs,
      healedMs: Math.max(...sampleFaults().map(({ healedMs }) => healedMs ?? 0)),
      livenessBoundMs: 7_000,
      tickMs: 500,
    });
    const numbers = { healedMs: 1, endMs: 2, tickMs: 3, livenessBoundMs: 4 };
    const facts = { ...numbers, members: [1, 2], aclsBind: true };
    writeFileSync(path.join(directory, "facts.json"), JSON.stringify(facts));
    expect(await readStoredHistory(directory)).toMatchObject({ ...facts, crashes: [] });
  });
});

describe("what is refused, by file, line and field:", () => {
  test.each<[string, string, (text: string) => string, string]>([
    ["a field", "history.jsonl.gz", (text) => text.replace('"ok"', '"yes"'), "line 1: outcome: "],
    ["a line", "history.jsonl.gz", (text) => text.replace("}\n", "\n"), "line 1: not JSON"],
    ["an end", "history.jsonl.gz", (text) => text.trimEnd(), "the last line is cut off"],
    [
      "an entry",
      "servers.json.gz",
      (text) => text.replace('"zxid":6', '"zxid":"6"'),
      "[0].log[5]: zxid: ",
    ],
    ["a server", "servers.json.gz", (text) => text.replace("treeD", "treed"), "[0]: treeDigest: "],
    [
      "a list",
      "servers.json.gz",
      (text) => text.slice(0, -20),
      "not JSON (the text ends too early",
    ],
  ])("%s of %s", async (_, name, damage, message) => {
    const directory = await store([final(1, LOG)]);
    const file = path.join(directory, name);
    const damaged = damage(gunzipSync(readFileSync(file)).toString());
    writeFileSync(file, gzipSync(damaged));
    await expect(readStoredHistory(directory)).rejects.toThrow(`${file}: ${message}`);
  });

  test("a file that is cut off, a directory without a history, and none at all", async () => {
    const directory = await store([final(1, LOG)]);
    const file = path.join(directory, "servers.json.gz");
    writeFileSync(file, readFileSync(file).subarray(0, 100));
    await expect(readStoredHistory(directory)).rejects.toThrow(/servers\.json\.gz: cannot be read/);
    await expect(readStoredHistory(root)).rejects.toThrow("and so is the same without .gz");
    const nothing = path.join(root, "nothing");
    await expect(readStoredHistory(nothing)).rejects.toThrow(`${nothing}: missing. Give`);
    await expect(readStoredHistory(file)).rejects.toThrow("no directory. Give");
  });
});
