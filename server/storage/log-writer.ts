/**
 * The log of one history, written: batches at its end, new files, cuts. One operation at a time:
 * the next may be asked for when the one before has called back.
 */
import type { AppendFile, Env } from "../env.ts";
import { NO_ZXID } from "../ids.ts";
import type { ServerId, Zxid } from "../ids.ts";
import { damageError } from "./damage.ts";
import { logPath } from "./layout.ts";
import type { LogFile } from "./log-recovery.ts";
import { encodeRecord } from "./log-record.ts";
import type { RecordPlace } from "./log-record.ts";
import { decodeLogHeader, encodeLogHeader, LOG_HEADER_BYTES, scanLog } from "./log-scan.ts";
import { isNoRoom } from "./no-room.ts";
import { cutDurable } from "./repair.ts";
import type { LogEntry } from "./storage.ts";

/**
 * How an operation ended. `inDoubt`: what is on disk is not known; nothing may be written any more
 * before a recovery has read it.
 */
export type LogEnd = (error: Error | null, inDoubt: boolean) => void;

/** Entries that go into one write, with the watermark that was known for each. */
export interface LogBatch {
  readonly entries: readonly LogEntry[];
  readonly committed: readonly Zxid[];
  /** What the entries take in the file, record headers included. */
  readonly bytes: number;
}

export interface LogWriterOptions {
  readonly sid: ServerId;
  readonly dataLogDir: string;
  readonly history: number;
  readonly fileMaxBytes: number;
}

const SCRATCH_BYTES = 256 * 1024;

/** What is on disk when writing begins. */
export interface LogWriterStart {
  readonly files: readonly LogFile[];
  readonly lastZxid: Zxid;
}

/** Where a file is to be cut, and the last entry before that. */
interface LogCut {
  readonly sizeBytes: number;
  readonly lastZxid: Zxid;
}

interface OpenFile {
  readonly file: AppendFile;
  readonly salt: number;
  sizeBytes: number;
}

export class LogWriter {
  readonly #disk: Env["disk"];
  readonly #random: Env["random"];
  readonly #soon: (run: () => void) => void;
  readonly #options: LogWriterOptions;
  readonly #files: LogFile[];
  #lastZxid: Zxid;
  #open: OpenFile | null = null;
  /**
   * The batch under way: payloads are copied here, because one write of one buffer costs less than
   * handing the system a hundred small ones.
   */
  #scratch: Buffer = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

  constructor(
    env: Pick<Env, "disk" | "random" | "timers">,
    options: LogWriterOptions,
    start: LogWriterStart,
  ) {
    this.#disk = env.disk;
    this.#random = env.random;
    this.#soon = (run) => env.timers.soon(run);
    this.#options = options;
    this.#files = [...start.files];
    this.#lastZxid = start.lastZxid;
  }

  /** The last entry that is durable, or the snapshot's zxid if that is higher. */
  get lastZxid(): Zxid {
    return this.#lastZxid;
  }

  /** Writes a batch of at least one entry and makes it durable. After an error none of it is there. */
  append(batch: LogBatch, end: LogEnd): void {
    if (this.#open !== null && this.#open.sizeBytes >= this.#options.fileMaxBytes) this.endFile();
    if (this.#open !== null) {
      this.#write(this.#open, batch, end);
      return;
    }
    const first = batch.entries[0];
    if (first === undefined) throw new Error("log: a batch without entries");
    this.#create(first.zxid, end, (open) => this.#write(open, batch, end));
  }

  /** These files are removed by somebody else; none of them is the last one. */
  forget(paths: ReadonlySet<string>): void {
    const left = this.#files.filter(({ path }) => !paths.has(path));
    this.#files.splice(0, this.#files.length, ...left);
  }

  /** Ends the current file: the next entry begins a new one. */
  endFile(): void {
    this.#open?.file.close();
    this.#open = null;
  }

  /**
   * Removes all entries above `zxid`; `floor` is the zxid of the newest snapshot, at or below it. A
   * crash in between leaves some of them, but never a gap: the last ones go first. What is appended
   * afterwards goes into a new file, so that no block that a file system brings back from before can
   * pass for a new record (the new file has another salt).
   */
  cutAfter(zxid: Zxid, floor: Zxid, end: LogEnd): void {
    this.endFile();
    const file = this.#files.at(-1);
    if (file === undefined || this.#lastZxid <= zxid) {
      this.#soon(() => end(null, false));
      return;
    }
    if (file.firstZxid > zxid) {
      this.#disk.removeDurable(file.path, (error) => {
        if (error !== null) {
          end(error, true);
          return;
        }
        this.#files.pop();
        // A bound, for the recursion; the file before it says where the log really ends.
        this.#lastZxid = this.#files.length === 0 ? floor : file.firstZxid;
        this.cutAfter(zxid, floor, end);
      });
      return;
    }
    let cut: LogCut;
    try {
      cut = this.#findCut(file, zxid);
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      this.#soon(() => end(error, true));
      return;
    }
    cutDurable(this.#disk, file.path, cut.sizeBytes, (error) => {
      if (error === null) this.#lastZxid = cut.lastZxid > floor ? cut.lastZxid : floor;
      end(error, error !== null);
    });
  }

  /** Where the entries up to `zxid` end in a file that has at least one of them. */
  #findCut(file: LogFile, zxid: Zxid): LogCut {
    const content = this.#disk.read(file.path);
    const header = decodeLogHeader(content);
    if (typeof header === "string") throw damageError(file.path, header);
    let sizeBytes = 0;
    let lastZxid = NO_ZXID;
    const scan = scanLog(content, header, (record) => {
      if (record.zxid > zxid) return;
      sizeBytes = record.endOffset;
      lastZxid = record.zxid;
    });
    if (scan.bad !== null) {
      throw damageError(file.path, `damaged at offset ${scan.bad.offset} (${scan.bad.found})`);
    }
    return { sizeBytes, lastZxid };
  }

  #create(firstZxid: Zxid, end: LogEnd, created: (open: OpenFile) => void): void {
    const { sid, dataLogDir, history } = this.#options;
    const path = logPath(dataLogDir, history, firstZxid);
    const salt = this.#random.bytes(4).readUInt32BE(0);
    const header = encodeLogHeader({ sid, firstZxid, previousZxid: this.#lastZxid, salt });
    const failed = (error: Error): void => this.#removeEmpty(path, error, end);
    // The header is durable before the file has its name, so that a log file always has a header.
    this.#disk.replaceDurable(path, [header], (error) => {
      if (error !== null) {
        failed(error);
        return;
      }
      this.#disk.openAppend(path, (file) => {
        if (file instanceof Error) {
          failed(file);
          return;
        }
        this.#open = { file, salt, sizeBytes: LOG_HEADER_BYTES };
        this.#files.push({ path, firstZxid });
        created(this.#open);
      });
    });
  }

  #write(open: OpenFile, batch: LogBatch, end: LogEnd): void {
    if (batch.bytes > this.#scratch.length) this.#scratch = Buffer.allocUnsafeSlow(batch.bytes * 2);
    const start = open.sizeBytes;
    const place = { salt: open.salt, offset: start, batchOffset: start };
    const used = fillScratch(this.#scratch, batch, place);
    open.file.appendDurable([this.#scratch.subarray(0, used)], (error) => {
      if (error !== null) {
        this.#rollBack(open, error, end);
        return;
      }
      open.sizeBytes = start + used;
      this.#lastZxid = batch.entries.at(-1)?.zxid ?? this.#lastZxid;
      end(null, false);
    });
  }

  /** Takes back what a failed write may have left, if the kind of error allows to trust the file. */
  #rollBack(open: OpenFile, cause: Error, end: LogEnd): void {
    this.#open = null;
    if (!isNoRoom(cause)) {
      open.file.close();
      end(cause, true);
      return;
    }
    open.file.truncateDurable(open.sizeBytes, (error) => {
      open.file.close();
      if (error !== null) {
        end(cause, true);
        return;
      }
      if (open.sizeBytes > LOG_HEADER_BYTES) {
        end(cause, false);
        return;
      }
      this.#files.pop();
      this.#removeEmpty(open.file.path, cause, end);
    });
  }

  /** A file without entries must not stay: another one would follow it. */
  #removeEmpty(path: string, cause: Error, end: LogEnd): void {
    this.#disk.removeDurable(path, (error) => {
      end(cause, error !== null || !isNoRoom(cause));
    });
  }
}

/** Encodes the batch's records one after the other; returns how many bytes they take. */
function fillScratch(scratch: Buffer, batch: LogBatch, place: RecordPlace): number {
  const start = place.offset;
  let used = 0;
  let committed: Zxid = NO_ZXID;
  for (const [index, entry] of batch.entries.entries()) {
    committed = batch.committed[index] ?? committed;
    place.offset = start + used;
    used = encodeRecord(scratch, used, entry, committed, place);
  }
  return used;
}
