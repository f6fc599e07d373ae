import { describe, expect, test } from "vitest";
import { makeZxid, NO_ZXID } from "../ids.ts";
import { openServerLog, readLog } from "./log-reader.ts";
import { DIRECTORIES, entriesOf, StorageFixture } from "./storage-fixture.ts";
import { StorageError } from "./storage.ts";
import type { StorageDone } from "./storage.ts";

const z = (counter: number) => makeZxid(1, counter);

function started(): StorageFixture {
  const fixture = new StorageFixture();
  fixture.start();
  return fixture;
}

function logNames(fixture: StorageFixture): string[] {
  return fixture.disk.list("/data/history-0").filter((name) => name.startsWith("log."));
}

describe("an empty directory", () => {
  test("has no history and no epochs, and is this server's from then on", () => {
    const fixture = new StorageFixture();
    const found = fixture.start();
    expect(found).toEqual({
      recovered: {
        epochs: { accepted: 0, current: 0 },
        snapshotZxid: 0,
        lastZxid: 0,
        committedZxid: 0,
        notes: [],
      },
      snapshot: null,
      entries: [],
    });
    expect(fixture.disk.read("/data/state").toString()).toContain("sid 1\n");
  });
});

describe("appends", () => {
  test("that come in one turn, and those that come during a write, take one write each", () => {
    const fixture = new StorageFixture();
    const batches: number[] = [];
    fixture.start({}, { batchWritten: (entries) => batches.push(entries) });
    const ended: number[] = [];
    const append = (counter: number): void => {
      fixture.storage.append(entriesOf(1, counter, ["x"]), NO_ZXID, (error) => {
        expect(error).toBeNull();
        ended.push(counter);
        if (counter === 3) for (const next of [4, 5]) append(next);
      });
    };
    for (const counter of [1, 2, 3]) append(counter);
    expect(ended).toEqual([]);
    fixture.run();
    expect(ended).toEqual([1, 2, 3, 4, 5]);
    expect(batches).toEqual([3, 2]);
  });

  test("of nothing end after what was asked before", () => {
    const fixture = started();
    const ended: string[] = [];
    fixture.storage.append(entriesOf(1, 1, ["x"]), NO_ZXID, () => ended.push("entry"));
    fixture.storage.saveEpochs({ accepted: 1, current: 0 }, () => ended.push("epochs"));
    fixture.storage.append([], NO_ZXID, () => ended.push("nothing"));
    fixture.run();
    expect(ended).toEqual(["entry", "epochs", "nothing"]);
  });

  test("of a zxid that does not rise are a broken invariant", () => {
    const fixture = started();
    fixture.append(1, 5, "x");
    expect(() => fixture.append(1, 5, "again")).toThrow("zxid 0x100000005 after 0x100000005");
  });

  test("keep the commit watermark, never above what the log holds", () => {
    const fixture = started();
    fixture.end((done) => fixture.storage.append(entriesOf(1, 1, ["a", "b"]), z(1), done));
    expect(fixture.start().recovered.committedZxid).toBe(z(1));
    fixture.end((done) => fixture.storage.append(entriesOf(1, 3, ["c"]), z(9), done));
    expect(fixture.start().recovered.committedZxid).toBe(z(3));
  });

  test("begin a new file above the size, and all files are read back", () => {
    const fixture = new StorageFixture();
    fixture.start({ logFileMaxBytes: 200 });
    const texts = Array.from({ length: 20 }, (_, index) => `entry number ${index}`);
    for (const [index, text] of texts.entries()) fixture.append(1, index + 1, text);
    expect(logNames(fixture).length).toBeGreaterThan(4);
    expect(fixture.start().entries).toEqual(texts);
  });

  test("above the largest batch are split, and end when all of it is durable", () => {
    const fixture = new StorageFixture();
    const batches: number[] = [];
    fixture.start({}, { batchWritten: (entries) => batches.push(entries) });
    const texts = Array.from({ length: 10 }, () => "x".repeat(1_000_000));
    expect(fixture.append(1, 1, ...texts)).toBeNull();
    expect(batches).toEqual([5, 5]);
    expect(fixture.start().entries).toHaveLength(10);
  });
});

describe("truncation", () => {
  test("in the middle of a write and over several files keeps what is at or below the zxid", () => {
    for (let kept = 0; kept <= 9; kept++) {
      const fixture = new StorageFixture();
      fixture.start({ logFileMaxBytes: 200 });
      for (const first of [1, 4, 7]) fixture.append(1, first, "a", "b".repeat(90), "c".repeat(90));
      expect(fixture.end((done) => fixture.storage.truncateAfter(z(kept), done))).toBeNull();
      fixture.append(2, 1, "after");
      const found = fixture.start();
      expect(found.entries).toHaveLength(kept + 1);
      expect(found.recovered.lastZxid).toBe(makeZxid(2, 1));
    }
  });

  test("lets the same zxid be written again", () => {
    const fixture = started();
    fixture.append(1, 1, "a", "b");
    fixture.end((done) => fixture.storage.truncateAfter(z(1), done));
    expect(fixture.append(1, 2, "B")).toBeNull();
    expect(fixture.start().entries).toEqual(["a", "B"]);
  });

  test("below a snapshot is refused: what it holds was committed", () => {
    const fixture = started();
    fixture.append(1, 1, "a", "b");
    fixture.snapshot(z(2), "state");
    const error = fixture.end((done) => fixture.storage.truncateAfter(z(1), done));
    expect(error?.message).toContain("cannot cut to 0x100000001: there is a snapshot");
    expect(fixture.start().recovered.lastZxid).toBe(z(2));
  });
});

describe("epochs", () => {
  test("are kept, and never go back", () => {
    const fixture = started();
    const save = (accepted: number, current: number) =>
      fixture.end((done) => fixture.storage.saveEpochs({ accepted, current }, done));
    expect(save(3, 2)).toBeNull();
    expect(fixture.start().recovered.epochs).toEqual({ accepted: 3, current: 2 });
    expect(() => save(2, 2)).toThrow("epochs must not go back: accepted 3 to 2");
    expect(() => save(3, 4)).toThrow("current epoch 4 is above accepted epoch 3");
    expect(() => save(2 ** 21, 2)).toThrow("must be an integer from 0 to 2097151");
  });
});

describe("snapshots", () => {
  test("beside the log do not hold up the appends behind them", () => {
    const fixture = started();
    fixture.append(1, 1, "a", "b");
    const ended: string[] = [];
    fixture.storage.saveSnapshot(z(1), [Buffer.alloc(9)], () => ended.push("snapshot"));
    fixture.storage.append(entriesOf(1, 3, ["c"]), NO_ZXID, () => ended.push("first"));
    fixture.storage.saveSnapshot(z(2), [Buffer.from("st"), Buffer.from("ate")], (error) => {
      expect(error).toBeNull();
      ended.push("snapshot 2");
    });
    fixture.run();
    expect(ended.toSorted()).toEqual(["first", "snapshot", "snapshot 2"]);
    expect(logNames(fixture)).toEqual(["log.100000001", "log.100000003"]);
    const found = fixture.start();
    expect(found.snapshot).toEqual({ zxid: z(2), data: "state" });
    expect(found.entries).toEqual(["c"]);
    expect(found.recovered.committedZxid).toBe(z(2));
  });

  test("that are installed replace the whole history, entries above them too", () => {
    const fixture = started();
    fixture.append(1, 1, "a", "b", "c", "d");
    fixture.snapshot(z(1), "own");
    const install = (text: string) =>
      fixture.end((done) => fixture.storage.installSnapshot(z(3), [Buffer.from(text)], done));
    expect(install("theirs")).toBeNull();
    expect(fixture.append(1, 4, "D")).toBeNull();
    const found = fixture.start();
    expect(found.snapshot).toEqual({ zxid: z(3), data: "theirs" });
    expect(found.entries).toEqual(["D"]);
    expect(install("theirs again")).toBeNull();
    expect(fixture.start()).toMatchObject({ snapshot: { data: "theirs again" }, entries: [] });
  });

  test("are waited for by what would change the history below them", () => {
    const fixture = started();
    fixture.append(1, 1, "a", "b", "c");
    const ended: string[] = [];
    fixture.storage.saveSnapshot(z(1), [Buffer.from("s")], () => ended.push("snapshot"));
    fixture.storage.truncateAfter(z(2), () => ended.push("truncate"));
    fixture.run();
    expect(ended).toEqual(["snapshot", "truncate"]);
  });

  test("that an install has left which did not come to its end are not used by the next", () => {
    const stranger = started();
    const install = (fixture: StorageFixture, counter: number) => (done: StorageDone) =>
      fixture.storage.installSnapshot(z(counter), [Buffer.from(`state at ${counter}`)], done);
    stranger.end(install(stranger, 50));
    const path = "/data/history-1/snapshot.100000032";
    const fixture = started();
    fixture.append(1, 1, "a");
    fixture.disk.put(path, stranger.disk.read(path));
    expect(fixture.start().entries).toEqual(["a"]);
    expect(fixture.end(install(fixture, 4))).toBeNull();
    expect(fixture.start().snapshot).toEqual({ zxid: z(4), data: "state at 4" });
  });

  test("of what the log does not hold are a broken invariant", () => {
    const fixture = started();
    expect(() => fixture.snapshot(z(1), "state")).toThrow("which the log has not");
  });
});

describe("the directory's lock", () => {
  test("is held from recovery until the write that close has found under way has ended", () => {
    const fixture = new StorageFixture();
    const locked = new Set<string>();
    const lock = (directory: string) => {
      if (locked.has(directory)) throw new Error(`directory ${directory} is in use`);
      locked.add(directory);
      return () => void locked.delete(directory);
    };
    Object.assign(fixture.disk, { lock });
    fixture.start({ dataLogDir: "/log" });
    expect([...locked]).toEqual(["/data", "/log"]);
    const second = new StorageFixture();
    Object.assign(second.disk, { lock });
    expect(() => second.start()).toThrow(new StorageError("directory /data is in use"));
    let called = false;
    fixture.storage.append(entriesOf(1, 1, ["x"]), NO_ZXID, () => {
      called = true;
    });
    fixture.runOnce();
    fixture.storage.close();
    expect(locked.size).toBe(2);
    fixture.run();
    expect(called).toBe(false);
    expect(locked.size).toBe(0);
  });
});

describe("options", () => {
  test("of a log file size that is no size are refused", () => {
    const fixture = new StorageFixture();
    for (const size of [0, -1, 1.5, 2 ** 31 + 1, Number.NaN]) {
      expect(() => fixture.start({ logFileMaxBytes: size })).toThrow(
        /^logFileMaxBytes .*: must be/,
      );
    }
  });
});

describe("reading the log offline", () => {
  test("gives every entry with its watermark, and leaves a torn tail out and in place", () => {
    const fixture = new StorageFixture();
    fixture.start({ logFileMaxBytes: 100 });
    fixture.append(1, 1, "a", "b");
    fixture.append(1, 3, "c".repeat(90));
    fixture.append(1, 4, "d");
    fixture.storage.close();
    const path = "/data/history-0/log.100000004";
    const torn = Buffer.concat([fixture.disk.read(path), Buffer.from("torn")]);
    fixture.disk.put(path, torn);
    const entries = [...readLog(fixture.disk, DIRECTORIES)];
    expect(entries.map((entry) => [entry.zxid, entry.committed])).toEqual([
      [z(1), z(1)],
      [z(2), z(1)],
      [z(3), z(3)],
      [z(4), z(4)],
    ]);
    expect(entries[3]?.bytes.toString()).toBe("d");
    expect(fixture.disk.read(path)).toEqual(torn);
  });

  test("shows also the histories that a leader's snapshot has replaced", () => {
    const fixture = started();
    fixture.append(1, 1, "a", "b");
    fixture.end((done) => fixture.storage.installSnapshot(z(1), [Buffer.from("s")], done));
    fixture.append(2, 1, "c");
    fixture.storage.close();
    const log = openServerLog(fixture.disk, DIRECTORIES);
    expect(log?.histories).toMatchObject([
      { number: 0, inForce: false, baseZxid: 0, snapshots: [] },
      { number: 1, inForce: true, baseZxid: z(1), snapshots: [z(1)] },
    ]);
    const texts = log?.histories.map((history) =>
      [...history.entries()].map((e) => e.bytes.toString()),
    );
    expect(texts).toEqual([["a", "b"], ["c"]]);
    expect([...readLog(fixture.disk, DIRECTORIES)]).toHaveLength(1);
    expect(openServerLog(new StorageFixture().disk, DIRECTORIES)).toBeNull();
  });
});
