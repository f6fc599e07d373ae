/**
 * What the server keeps on disk: epochs, transaction log, snapshots. The contract between the driver
 * (`server.ts`) and the implementation in this folder.
 */
import type { ServerId, Zxid } from "../ids.ts";

/** The two epochs of the Zab paper (f.p and f.a), replaced atomically. */
export interface Epochs {
  /** The last epoch that this server promised to join (acceptedEpoch). */
  readonly accepted: number;
  /** The last epoch whose history this server holds completely (currentEpoch). */
  readonly current: number;
}

/** One transaction as it is proposed, logged and sent: its zxid and its encoded bytes. */
export interface LogEntry {
  readonly zxid: Zxid;
  /** The encoded transaction; it is not changed after it was handed over. */
  readonly bytes: Buffer;
}

/** What recovery found; the entries themselves were given to the visitor, in order. */
export interface Recovered {
  readonly epochs: Epochs;
  /** The zxid of the snapshot that was loaded; 0 if there was none. */
  readonly snapshotZxid: Zxid;
  /** The zxid of the last whole entry of the log, or of the snapshot. */
  readonly lastZxid: Zxid;
  /** The highest zxid that the log says is committed: never below the snapshot's. */
  readonly committedZxid: Zxid;
  /** What recovery did, for the operator: one line per finding (torn tail cut at …). */
  readonly notes: readonly string[];
}

export interface RecoveryVisitor {
  /** The newest valid snapshot; called at most once, before any entry. */
  snapshot(zxid: Zxid, data: Buffer): void;
  /** An entry of the log above the snapshot, in the order of zxids. */
  entry(entry: LogEntry): void;
}

export type StorageDone = (error: Error | null) => void;

/**
 * All operations take effect, and call back, in the order they were asked. After an error that left
 * the log in doubt (a failed fsync) every later operation fails: the server must stop and recover.
 */
export interface Storage {
  /**
   * Reads everything; called once, first. Cuts a torn tail (a crash in mid-append). Throws a
   * `StorageError` that names the file, the offset and the remedy, and changes nothing on disk, when
   * the directory belongs to another server or the log is damaged before its end.
   */
  recover(visitor: RecoveryVisitor): Recovered;
  /**
   * Appends entries (zxids rising) with the commit watermark known by now. Whatever was appended while
   * an fsync is under way goes into the next one (group commit). `done` is called when all of it is
   * durable.
   */
  append(entries: readonly LogEntry[], committed: Zxid, done: StorageDone): void;
  /** Removes all entries above `zxid`, durably. */
  truncateAfter(zxid: Zxid, done: StorageDone): void;
  /** Replaces both epochs, durably. */
  saveEpochs(epochs: Epochs, done: StorageDone): void;
  /**
   * Writes a snapshot of the state at `zxid` beside the running log, and starts a new log file. It
   * begins when what was asked before is durable; appends and epochs that are asked afterwards do not
   * wait for its end, and its failure is not theirs.
   */
  saveSnapshot(zxid: Zxid, chunks: readonly Buffer[], done: StorageDone): void;
  /**
   * Takes over another server's state: removes the log's entries above `zxid`, writes the snapshot,
   * starts a new log file. After a crash at any moment recovery finds the old state or the new one.
   */
  installSnapshot(zxid: Zxid, chunks: readonly Buffer[], done: StorageDone): void;
  /**
   * Removes what recovery does not need, the newest `retain` snapshots (at least 1) and the log from the
   * oldest of them on being kept. Like `saveSnapshot` beside everything else; its failure is nobody
   * else's, and leaves what can be purged the next time.
   */
  purge(retain: number, done: (error: Error | null, removed: number) => void): void;
  /** Waits for nothing: closes the files. */
  close(): void;
}

export interface StorageOptions {
  readonly sid: ServerId;
  /** Where snapshots and epoch files live (dataDir). */
  readonly dataDir: string;
  /** Where the transaction log lives (dataLogDir; the same as dataDir unless configured). */
  readonly dataLogDir: string;
  /** A log file is closed and a new one begun above this size, in bytes. */
  readonly logFileMaxBytes: number;
}

/** The data directory cannot be used as it is; the message names file, place and remedy. */
export class StorageError extends Error {
  override readonly name = "StorageError";
}
