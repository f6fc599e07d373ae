import { describe, expect, test } from "vitest";
import { makeZxid } from "../ids.ts";
import type { ServerId } from "../ids.ts";
import { LOG_HEADER_BYTES } from "./log-scan.ts";
import { StorageFixture } from "./storage-fixture.ts";
import { StorageError } from "./storage.ts";

const LOG = "/data/history-0/log.100000001";
const SNAPSHOT = "/data/history-0/snapshot.100000002";
const TORN = ["a third", "a fourth that is longer", ""];

/** A log of two writes; the second has three entries. */
function twoWrites(): StorageFixture {
  const fixture = new StorageFixture();
  fixture.start();
  fixture.append(1, 1, "first", "second");
  fixture.append(1, 3, ...TORN);
  return fixture;
}

function content(fixture: StorageFixture): Map<string, string> {
  return new Map(
    fixture.disk.paths().map((path) => [path, fixture.disk.read(path).toString("hex")]),
  );
}

/** The message with which starting is refused; nothing on the disk may change by it. */
function refusal(fixture: StorageFixture, sid = 1): string {
  const before = content(fixture);
  let message = "not refused";
  try {
    fixture.start({ sid: sid as ServerId });
  } catch (error) {
    if (error instanceof StorageError) message = error.message;
  }
  fixture.run();
  expect(content(fixture)).toEqual(before);
  return message;
}

describe("a torn tail", () => {
  const whole = twoWrites().disk.read(LOG);
  const secondWrite = whole.length - TORN.reduce((sum, text) => sum + text.length + 32, 0);

  test("at any byte of the last write is cut off, and what is whole before it is kept", () => {
    for (let size = secondWrite; size < whole.length; size++) {
      const fixture = twoWrites();
      fixture.disk.put(LOG, whole.subarray(0, size));
      const found = fixture.start();
      const all = ["first", "second", ...TORN];
      expect(found.entries).toEqual(all.slice(0, found.entries.length));
      expect(found.entries.length).toBeGreaterThanOrEqual(2);
      expect(found.entries.length).toBeLessThan(all.length);
      const boundary = fixture.disk.read(LOG).length;
      expect(found.recovered.notes).toHaveLength(size === boundary ? 0 : 1);
      expect(fixture.append(1, 9, "after")).toBeNull();
      expect(fixture.start().entries).toEqual([...found.entries, "after"]);
    }
  });

  test("of zeros, of any length, counts as torn", () => {
    for (let zeros = 1; zeros < 100; zeros++) {
      const fixture = twoWrites();
      fixture.disk.put(LOG, Buffer.concat([whole, Buffer.alloc(zeros)]));
      const found = fixture.start();
      expect(found.entries).toHaveLength(5);
      expect(found.recovered.notes[0]).toMatch(
        new RegExp(`torn tail of ${zeros} bytes at offset ${whole.length}`),
      );
      expect(fixture.disk.read(LOG)).toEqual(whole);
    }
  });

  test("whose first record is lost but not its later ones is cut where it begins", () => {
    const fixture = twoWrites();
    const torn = Buffer.from(whole);
    torn.fill(0, secondWrite, secondWrite + 30);
    fixture.disk.put(LOG, torn);
    expect(fixture.start().entries).toEqual(["first", "second"]);
    expect(fixture.disk.read(LOG)).toHaveLength(secondWrite);
  });

  test("that is a record from another place of the file does not pass for an entry", () => {
    const fixture = twoWrites();
    fixture.disk.put(LOG, Buffer.concat([whole, whole.subarray(secondWrite)]));
    expect(fixture.start().entries).toHaveLength(5);
  });

  test("that is the same record of another file does not pass for an entry", () => {
    const other = new StorageFixture(8);
    other.start();
    other.append(1, 1, "first", "second");
    const records = other.disk.read(LOG).subarray(LOG_HEADER_BYTES);
    const fixture = twoWrites();
    fixture.disk.put(LOG, Buffer.concat([whole.subarray(0, LOG_HEADER_BYTES), records]));
    expect(fixture.start().entries).toEqual([]);
  });

  test("of a file that was being created is removed", () => {
    for (const size of [0, 1, LOG_HEADER_BYTES - 1, LOG_HEADER_BYTES]) {
      const fixture = twoWrites();
      const created = "/data/history-0/log.100000009";
      const header = size === LOG_HEADER_BYTES ? Buffer.alloc(size) : whole.subarray(0, size);
      fixture.disk.put(created, header);
      const found = fixture.start();
      expect(found.entries).toHaveLength(5);
      expect(found.recovered.notes[0]).toContain("log.100000009: removed");
      expect(fixture.disk.exists(created)).toBe(false);
    }
  });
});

describe("damage", () => {
  const whole = twoWrites().disk.read(LOG);

  test("of any bit before the last write is refused with file and offset", () => {
    const secondWrite = whole.length - TORN.reduce((sum, text) => sum + text.length + 32, 0);
    for (let offset = 0; offset < secondWrite; offset++) {
      const fixture = twoWrites();
      fixture.disk.rot(LOG, offset, 1 << (offset % 8));
      expect(refusal(fixture)).toMatch(
        /^\/data\/history-0\/log\.100000001: damaged at offset \d+ \(.*\); nothing was changed. Rest/,
      );
    }
  });

  test("of any bit in a file that another one follows is refused", () => {
    for (let offset = 0; offset < whole.length; offset++) {
      const fixture = twoWrites();
      fixture.start();
      fixture.append(1, 6, "in the next file");
      fixture.disk.rot(LOG, offset, 0x80);
      expect(refusal(fixture)).toMatch(/log\.100000001: damaged at offset/);
    }
  });

  test("a log file that ends early, or is missing, before another one is refused", () => {
    for (const size of [0, LOG_HEADER_BYTES, whole.length - 32]) {
      const fixture = twoWrites();
      fixture.start();
      fixture.append(1, 6, "in the next file");
      fixture.disk.put(LOG, whole.subarray(0, size));
      expect(refusal(fixture)).toMatch(
        /log\.10000000\d: (damaged at offset|it follows 0x100000005)/,
      );
    }
    const fixture = twoWrites();
    fixture.start();
    fixture.append(1, 6, "in the next file");
    fixture.end((done) => fixture.disk.removeDurable(LOG, done));
    expect(refusal(fixture)).toMatch(
      /log\.100000006: it follows 0x100000005, .* files are missing/,
    );
  });

  test("of any bit of the state file, or its loss, is refused", () => {
    const size = twoWrites().disk.read("/data/state").length;
    for (let offset = 0; offset < size; offset++) {
      const fixture = twoWrites();
      fixture.disk.rot("/data/state", offset, 0x01);
      expect(refusal(fixture)).toMatch(/^\/data\/state: damaged .*restore it from a copy/);
    }
    const fixture = twoWrites();
    fixture.end((done) => fixture.disk.removeDurable("/data/state", done));
    expect(refusal(fixture)).toMatch(/^\/data\/state: missing, although there is .*log\.100000001/);
  });
});

describe("a damaged snapshot", () => {
  function withSnapshot(): StorageFixture {
    const fixture = twoWrites();
    fixture.snapshot(makeZxid(1, 1), "state at 1");
    fixture.snapshot(makeZxid(1, 2), "state at 2");
    return fixture;
  }

  test("at any bit is passed over for the older one if the log covers the rest", () => {
    const size = withSnapshot().disk.read(SNAPSHOT).length;
    for (let offset = 0; offset < size; offset++) {
      const fixture = withSnapshot();
      fixture.disk.rot(SNAPSHOT, offset, 0x10);
      const found = fixture.start();
      expect(found.snapshot?.data).toBe("state at 1");
      expect(found.entries).toEqual(["second", ...TORN]);
      expect(found.recovered.notes.join()).toContain(`${SNAPSHOT}: not used`);
    }
  });

  test("is refused if the log does not reach it", () => {
    const fixture = withSnapshot();
    fixture.disk.rot(SNAPSHOT, 30, 1);
    const first = fixture.disk.read(LOG).subarray(0, LOG_HEADER_BYTES + 32 + "first".length);
    fixture.disk.put(LOG, first);
    expect(refusal(fixture)).toMatch(/snapshot\.100000002: damaged .* reach only to 0x100000001/);
  });

  test("that was another server's state is refused: the log before it is another history", () => {
    const fixture = twoWrites();
    const install = (done: (error: Error | null) => void): void =>
      fixture.storage.installSnapshot(makeZxid(1, 4), [Buffer.from("installed")], done);
    expect(fixture.end(install)).toBeNull();
    expect(fixture.start().snapshot?.data).toBe("installed");
    const path = "/data/history-1/snapshot.100000004";
    fixture.disk.rot(path, 22, 1);
    expect(refusal(fixture)).toMatch(/history-1\/snapshot\.100000004: damaged/);
    fixture.end((done) => fixture.disk.removeDurable(path, done));
    expect(refusal(fixture)).toMatch(/history-1: the snapshot of 0x100000004.* is missing/);
  });
});

describe("another server's directory", () => {
  const message = /holds the data of server 1, this is server 2; nothing was changed/;

  test("is refused by its state file", () => {
    expect(refusal(twoWrites(), 2)).toMatch(message);
  });

  test("is refused by its log and its snapshots", () => {
    const stranger = new StorageFixture();
    stranger.start({ sid: 2 as ServerId });
    const state = stranger.disk.read("/data/state");
    const byLog = twoWrites();
    byLog.disk.put("/data/state", state);
    expect(refusal(byLog, 2)).toMatch(message);
    const bySnapshot = twoWrites();
    bySnapshot.snapshot(makeZxid(1, 2), "state");
    bySnapshot.disk.put("/data/state", state);
    expect(refusal(bySnapshot, 2)).toMatch(message);
  });
});
