import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { AppendFile, Disk, DiskDone } from "../env.ts";
import { FaultDisk } from "../storage/fault-disk.ts";
import { NodeDisk } from "./node-disk.ts";

/** Every implementation of `Disk` must pass this. */
const DISKS: readonly { name: string; create: () => Disk }[] = [
  { name: "NodeDisk", create: () => new NodeDisk() },
  {
    name: "FaultDisk",
    create: () => new FaultDisk({ schedule: (run) => setImmediate(run), random: () => 0.5 }),
  },
];

function ended(ask: (done: DiskDone) => void): Promise<string | null> {
  return new Promise((resolve) => {
    let inside = true;
    ask((error) => resolve(inside ? "called back from inside the call" : (error?.code ?? null)));
    inside = false;
  });
}

function open(disk: Disk, path: string): Promise<AppendFile | Error> {
  return new Promise((resolve) => disk.openAppend(path, resolve));
}

async function opened(disk: Disk, path: string): Promise<AppendFile> {
  const file = await open(disk, path);
  if (file instanceof Error) throw file;
  return file;
}

describe.each(DISKS)("$name", ({ create }) => {
  let root: string;
  let disk: Disk;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "quorum-lab-disk-"));
    disk = create();
    disk.makeDirectory(root);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  test("lists what is in a directory, sorted, and nothing for one that is missing", async () => {
    expect(disk.list(`${root}/none`)).toEqual([]);
    disk.makeDirectory(`${root}/c/d`);
    disk.makeDirectory(`${root}/c/d`);
    await ended((done) => disk.replaceDurable(`${root}/b`, [], done));
    await ended((done) => disk.replaceDurable(`${root}/a`, [], done));
    expect(disk.list(root)).toEqual(["a", "b", "c"]);
    expect(disk.list(`${root}/c`)).toEqual(["d"]);
    expect(disk.exists(`${root}/c/d`)).toBe(true);
    expect(disk.exists(`${root}/x`)).toBe(false);
  });

  test("replaces a file whole and leaves no temporary one", async () => {
    const path = `${root}/file`;
    const chunks = [Buffer.from("one "), Buffer.alloc(0), Buffer.from("two")];
    expect(await ended((done) => disk.replaceDurable(path, chunks, done))).toBeNull();
    expect(disk.read(path).toString()).toBe("one two");
    await ended((done) => disk.replaceDurable(path, [Buffer.from("3")], done));
    expect(disk.read(path).toString()).toBe("3");
    expect(disk.list(root)).toEqual(["file"]);
  });

  test("does operations on one file in the order they were asked", async () => {
    const path = `${root}/file`;
    const order: number[] = [];
    const first = ended((done) => {
      disk.replaceDurable(path, [Buffer.alloc(3_000_000, 1)], (error) => {
        order.push(1);
        done(error);
      });
    });
    const second = ended((done) => {
      disk.removeDurable(path, (error) => {
        order.push(2);
        done(error);
      });
    });
    const third = ended((done) => disk.replaceDurable(path, [Buffer.from("last")], done));
    expect(await Promise.all([first, second, third])).toEqual([null, null, null]);
    expect(order).toEqual([1, 2]);
    expect(disk.read(path).toString()).toBe("last");
  });

  test("removes a file, and a missing one without an error", async () => {
    const path = `${root}/file`;
    await ended((done) => disk.replaceDurable(path, [Buffer.from("x")], done));
    expect(await ended((done) => disk.removeDurable(path, done))).toBeNull();
    expect(disk.exists(path)).toBe(false);
    expect(await ended((done) => disk.removeDurable(path, done))).toBeNull();
  });

  test("appends, cuts, and appends again, all in order", async () => {
    const file = await opened(disk, `${root}/log`);
    expect(file.path).toBe(`${root}/log`);
    const many = Array.from({ length: 3_000 }, (_, index) => Buffer.from(`${index},`));
    const length = Buffer.concat(many).length;
    const ends = await Promise.all([
      ended((done) => file.appendDurable([Buffer.from("begin "), Buffer.from("and ")], done)),
      ended((done) => file.truncateDurable(6, done)),
      ended((done) => file.appendDurable(many, done)),
      ended((done) => file.appendDurable([], done)),
      ended((done) => file.appendDurable([Buffer.from("end")], done)),
    ]);
    expect(ends).toEqual([null, null, null, null, null]);
    file.close();
    const content = disk.read(`${root}/log`).toString();
    expect(content).toHaveLength(6 + length + 3);
    expect(content.startsWith("begin 0,1,2,")).toBe(true);
    expect(content.endsWith(",2999,end")).toBe(true);
  });

  test("opens an existing file at its end", async () => {
    await ended((done) => disk.replaceDurable(`${root}/log`, [Buffer.from("old ")], done));
    const file = await opened(disk, `${root}/log`);
    await ended((done) => file.appendDurable([Buffer.from("new")], done));
    expect(disk.read(`${root}/log`).toString()).toBe("old new");
    file.close();
  });

  test("finishes what was asked before close, and refuses what comes after", async () => {
    const file = await opened(disk, `${root}/log`);
    const before = ended((done) => file.appendDurable([Buffer.from("kept")], done));
    file.close();
    const refused = new Promise<unknown>((resolve) => file.appendDurable([], resolve));
    expect(await before).toBeNull();
    expect(String(await refused)).toContain("the file is closed");
    expect(disk.read(`${root}/log`).toString()).toBe("kept");
  });

  test("says with the system's code what is missing", async () => {
    expect(() => disk.read(`${root}/none`)).toThrow(expect.objectContaining({ code: "ENOENT" }));
    const inNone = `${root}/none/file`;
    expect(await open(disk, inNone)).toMatchObject({ code: "ENOENT" });
    expect(await ended((done) => disk.replaceDurable(inNone, [], done))).toBe("ENOENT");
  });

  test("lets the chunks' memory be used again once it has called back", async () => {
    const chunk = Buffer.from("first ");
    const file = await opened(disk, `${root}/log`);
    await ended((done) => file.appendDurable([chunk], done));
    chunk.write("second");
    await ended((done) => file.appendDurable([chunk], done));
    expect(disk.read(`${root}/log`).toString()).toBe("first second");
    file.close();
  });
});

describe("NodeDisk", () => {
  test("tells of a full device, and appends no more until the file has been cut", async (context) => {
    const disk = new NodeDisk();
    if (!disk.exists("/dev/full")) context.skip("there is no /dev/full on this system");
    const file = await opened(disk, "/dev/full");
    const append = () => ended((done) => file.appendDurable([Buffer.from("x")], done));
    expect(await append()).toBe("ENOSPC");
    expect(await append()).toBe("ENOSPC");
    file.close();
  });

  test("tells of a directory that is a file", () => {
    const root = mkdtempSync(join(tmpdir(), "quorum-lab-disk-"));
    writeFileSync(join(root, "file"), "");
    expect(() => new NodeDisk().makeDirectory(join(root, "file", "below"))).toThrow("ENOTDIR");
    rmSync(root, { recursive: true });
  });
});
