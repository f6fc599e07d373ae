import { expect, test } from "vitest";
import { decodeFromCompressedBase64 } from "hdr-histogram-js";
import type { FaultRecord } from "../results/history.ts";
import { histogramSchema, operationSchema, fanOutSchema, lockSchema } from "../results/schema.ts";
import { FanOut } from "./fan-out.ts";
import { loadFigures } from "./figures.ts";
import { Handovers } from "./handovers.ts";
import { Latency } from "./latency.ts";
import { outages } from "./outages.ts";
import { Recorder, SETUP } from "./recorder.ts";
import { Timeline } from "./timeline.ts";

function fault(requestedMs: number, healedMs: number | null): FaultRecord {
  return {
    name: "kill-leader",
    description: "",
    servers: [1],
    links: [],
    requestedMs,
    effectiveMs: requestedMs,
    healedMs,
    noQuorum: false,
  };
}
const PROBE = { beginMs: 0, endMs: 1000, intervalMs: 5 };

test("an outage reaches from the last write before the fault to the first after it", () => {
  const acks = [90, 100, 110, 390, 400, 500, 600, 700, 800, 900];
  const [found] = outages([fault(105, 300)], acks, PROBE);
  expect(found).toMatchObject({ fromMs: 110, toMs: 390, durationMs: 280, resolutionMs: 5 });
});

test("an outage that has begun before the fault was healed ends with the first write after it", () => {
  const [found] = outages([fault(200, 300)], [100, 205, 750, 900], PROBE);
  expect(found).toMatchObject({ fromMs: 205, toMs: 750 });
});

test("a gap that begins after the healing is not the fault's", () => {
  const [found] = outages([fault(100, 200)], [95, 105, 195, 205, 900], PROBE);
  expect(found).toMatchObject({ fromMs: 105, toMs: 195 });
});

test("without any write after the fault the outage lasts to the end of the measurement", () => {
  const [found] = outages([fault(200, null)], [150, 190], PROBE);
  expect(found).toMatchObject({ fromMs: 190, toMs: 1000 });
});

test("acknowledgements of several clients count together, in whatever order they came", () => {
  const [found] = outages([fault(100, 400)], [90, 300, 110, 200, 410], PROBE);
  expect(found).toMatchObject({ durationMs: 110, fromMs: 300 });
});

test("a percentile is null until there are enough samples for it", () => {
  const latency = new Latency();
  expect(latency.toFile()).toMatchObject({ count: 0, p50: null, p99: null, max: null });
  latency.recordMs(1);
  expect(latency.toFile()).toMatchObject({ count: 1, p50: null, max: 1000 });
  for (let n = 1; n < 100; n++) latency.recordMs(1);
  expect(latency.toFile()).toMatchObject({ count: 100, p50: 1000, p99: 1000, p999: null });
  for (let n = 100; n < 1000; n++) latency.recordMs(1);
  expect(latency.toFile().p999).toBe(1000);
});

test("a histogram survives its file, and durations below a microsecond or beyond the range count", () => {
  const latency = new Latency();
  for (const ms of [-1, 0, 2.5, 1e9]) latency.recordMs(ms);
  const file = histogramSchema.parse(latency.toFile());
  expect(decodeFromCompressedBase64(file.hdr).totalCount).toBe(4);
  expect(file.max).toBe(600_000_000);
});

test("a handover counts only when the next holder was waiting at the release", () => {
  const book = new Handovers();
  book.acquiredBy("/a", 0, 10);
  book.released("/a", 50);
  book.acquiredBy("/a", 20, 53);
  book.released("/a", 60);
  book.acquiredBy("/a", 70, 75);
  book.lost("/a");
  book.acquiredBy("/a", 0, 90);
  expect([book.acquired, book.handedOver]).toEqual([4, 1]);
  expect(book.latency.toFile().max).toBe(3000);
});

test("a change is joined with its deliveries, also when they come before its own answer", () => {
  const fanOut = new FanOut();
  fanOut.watchers = 3;
  for (const atMs of [102, 101, 109]) fanOut.delivered(1, atMs);
  expect(fanOut.triggers).toBe(0);
  fanOut.changed(1, 100);
  expect(fanOut.triggers).toBe(1);
  expect([fanOut.first, fanOut.median, fanOut.last].map((each) => each.toFile().max)).toEqual([
    1000, 2000, 9000,
  ]);
});

test("a change during which a watcher was disconnected, or one that was missed, is no trigger", () => {
  const fanOut = new FanOut();
  fanOut.watchers = 2;
  fanOut.changed(1, 100);
  fanOut.delivered(1, 101);
  fanOut.disturbed();
  fanOut.delivered(1, 900);
  fanOut.changed(2, 1000);
  fanOut.delivered(2, 1001);
  fanOut.changed(3, 2000);
  fanOut.delivered(3, 2001);
  fanOut.delivered(3, 2001);
  expect([fanOut.triggers, fanOut.deliveries]).toEqual([1, 5]);
});

test("operations are counted per outcome and bucket, from the intended start, without the setup", () => {
  const recorder = new Recorder({ originMs: 5000 });
  const reads = recorder.cell("read-heavy", "getData");
  reads.ended("ok", 5000, 5010, 5020);
  reads.ended("fail", 5100, -1, 5150);
  recorder.cell("read-heavy", "setData").ended("ok", 5120, 5120, 5130);
  recorder.cell(SETUP, "create").ended("ok", 5000, 5000, 5001);
  recorder.cell("write-probe", "setData").ended("ok", 5200, 5200, 5210);
  recorder.locks.resources = 2;
  const figures = loadFigures(recorder, { fromMs: 0, toMs: 1000 }, []);
  expect(figures.operations.map((each) => operationSchema.parse(each).workload)).toEqual([
    "read-heavy",
    "read-heavy",
    "write-probe",
  ]);
  expect(figures.operations[0]).toMatchObject({ ok: 1, fail: 1, info: 0, perSecond: 1 });
  expect(figures.operations[0]?.latency).toMatchObject({ count: 2, max: 50_000 });
  expect(figures.operations[0]?.service).toMatchObject({ count: 1, max: 10_000 });
  expect(recorder.probe.ackMs).toEqual([210]);
  expect(lockSchema.parse(figures.locks)).toMatchObject({ locks: 2, handedOver: 0 });
  expect(figures.fanOut).toBeNull();
  recorder.fanOut.watchers = 1;
  expect(
    fanOutSchema.parse(loadFigures(recorder, { fromMs: 0, toMs: 1 }, []).fanOut).triggers,
  ).toBe(0);
  const rates = figures.series.map((each) => each.points.slice(0, 3).map((point) => point[1]));
  expect(rates).toEqual([
    [10, 10, 10],
    [0, 10, 10],
    [0, 10, 0],
  ]);
  expect(Timeline.perSecond(recorder.timeline.ok, 300, 1000)).toBe(10);
});

test("history beyond its limit is dropped and counted, figures go on", () => {
  const recorder = new Recorder({ originMs: 0, historyLimit: 1 });
  const record = {
    kind: "fence",
    client: 1,
    resource: "/a",
    token: 1,
    accepted: true,
    atMs: 1,
  } as const;
  recorder.add(record);
  recorder.add(record);
  expect([recorder.records.length, recorder.droppedRecords]).toEqual([1, 1]);
});
