/** Bugs in what is kept on disk: the log, its end after a crash, the epochs, the names of files. */
import type { Mutant } from "../mutant.ts";

export const STORAGE_MUTANTS: readonly Mutant[] = [
  {
    name: "log-cut-one-entry-too-far",
    file: "server/storage/log-writer.ts",
    find: `if (record.zxid > zxid) return;`,
    replace: `if (record.zxid >= zxid) return;`,
    guarantee: "reliability",
    seenBy: ["C1", "C7", "C12"],
    why: "TRUNC takes the last committed entry from the disk, too: the log has a hole after a restart (ZOOKEEPER-1156).",
    broughtOut: "a server rejoins with an uncommitted tail, and is restarted later",
  },
  {
    name: "failed-trunc-taken-for-done",
    file: "server/storage/log-writer.ts",
    find: `      end(error, error !== null);
    });
  }

  /** Where the entries`,
    replace: `      end(null, false);
    });
  }

  /** Where the entries`,
    guarantee: "sequential consistency",
    seenBy: ["C1", "C7", "C12"],
    why: "A cut that the disk refused is taken for done: what the leader told this server to forget is back after a restart (ZOOKEEPER-3701).",
    broughtOut: "disk full or failing during TRUNC",
  },
  {
    name: "torn-tail-left-in-place",
    file: "server/storage/log-recovery.ts",
    find: `if (isLast) repairs.push({`,
    replace: `if (isLast && scan.bad === null) repairs.push({`,
    guarantee: "liveness",
    seenBy: ["C12", "C1", "C7"],
    why: "Half a record stays at the end of a log file, the log goes on behind it, and the next start finds damage where there was none.",
    broughtOut: "power cut in mid-record, and a restart after that",
  },
  {
    name: "recovered-tail-not-made-durable",
    file: "server/storage/log-recovery.ts",
    find: `if (isLast) repairs.push({`,
    replace: `if (isLast && scan.bad !== null) repairs.push({`,
    guarantee: "reliability",
    seenBy: ["C7", "C1", "C5"],
    why: "What a killed process had written and not synced is read at its start and acknowledged, and a power cut takes it away.",
    broughtOut: "a process killed in mid-write, then a power cut",
  },
  {
    name: "record-checksum-not-checked",
    file: "server/storage/log-record.ts",
    find: `  if (checksum(file.subarray(offset + LENGTH_AT, endOffset), salt) !== file.readUInt32BE(offset)) {
    return "checksum mismatch";
  }`,
    replace: ``,
    guarantee: "sequential consistency",
    seenBy: ["C1", "C2", "C7", "C12"],
    why: "A record that was torn or has rotted is applied as it is, on this server alone.",
    broughtOut: "power cut in mid-record, or a bit that flips",
  },
  {
    name: "snapshot-checksum-not-checked",
    file: "server/storage/snapshot-file.ts",
    find: `  if (checksum(content.subarray(0, sumAt), 0) !== content.readUInt32BE(sumAt)) {
    return "checksum mismatch";
  }`,
    replace: ``,
    guarantee: "sequential consistency",
    seenBy: ["C1", "C2", "C5", "C12"],
    why: "A snapshot that has rotted is loaded as it is: this server shows data that nobody wrote.",
    broughtOut: "a bit of a snapshot flips while its server is down",
  },
  {
    name: "failed-fsync-taken-for-done",
    file: "server/storage/log-writer.ts",
    find: `      if (error !== null) {
        this.#rollBack(open, error, end);`,
    replace: `      if (error !== null && isNoRoom(error)) {
        this.#rollBack(open, error, end);`,
    guarantee: "reliability",
    seenBy: ["C7", "C1", "C5"],
    why: "A disk that fails to sync is believed all the same: what it was to keep is acknowledged and not there after a restart.",
    broughtOut: "failing fsync, then a restart or a power cut",
  },
  {
    name: "state-file-rewritten-in-place",
    file: "server/storage/file-storage.ts",
    find: `    this.#env.disk.replaceDurable(path, [encodeState(state)], (error) => {
      if (error === null) this.#state = state;
      end(error, error !== null);
    });`,
    replace: `    this.#env.disk.openAppend(path, (file) => {
      if (file instanceof Error) return end(file, true);
      const finish = (error: Error | null): void => {
        if (error === null) this.#state = state;
        file.close();
        end(error, error !== null);
      };
      file.truncateDurable(0, (error) => {
        if (error !== null) finish(error);
        else file.appendDurable([encodeState(state)], finish);
      });
    });`,
    guarantee: "liveness",
    seenBy: ["C12", "C7"],
    why: "A power cut while the epochs are saved leaves half a file: the server never starts again (ZOOKEEPER-1653 is of that kind).",
    broughtOut: "crash point between the steps of saving an epoch",
  },
  {
    name: "renamed-file-without-its-directory",
    file: "server/storage/fault-disk.ts",
    find: `const renamed = next(() => this.#syncDirectory(path, end));`,
    replace: `const renamed = next(() => end(null));`,
    guarantee: "reliability",
    seenBy: ["C12", "C7", "C1", "C11"],
    why: "A file is replaced without an fsync of its directory: after a power cut the old epochs, or no log file, are there (planted in the disk of simulations, where node-disk.ts has its like).",
    broughtOut: "power cut soon after an election, a snapshot or a new log file",
  },
  {
    name: "whole-log-taken-for-committed",
    file: "server/recovery.ts",
    find: `  const { epochs, committedZxid: committed, snapshotZxid: base } = recovered;`,
    replace: `  const { epochs, lastZxid: committed, snapshotZxid: base } = recovered;`,
    guarantee: "reliability",
    seenBy: ["C12", "C1", "C7", "C5"],
    why: "A server applies at its start what nobody agreed to, and cannot take it back when the leader says so.",
    broughtOut: "a leader with proposals that nobody has is killed and rejoins",
  },
  {
    name: "recovery-skips-the-file-its-snapshot-lies-in",
    file: "server/storage/log-recovery.ts",
    find: `    files.findLastIndex((file) => file.zxid <= snapshotZxid),
  );`,
    replace: `    files.findLastIndex((file) => file.zxid <= snapshotZxid) + 1,
  );`,
    guarantee: "reliability",
    seenBy: ["C7", "C12", "C1"],
    why: "What was logged before the snapshot was begun, and applied after it, is not read at the next start.",
    broughtOut: "snapshot with proposals under way, restart",
  },
  {
    name: "log-goes-on-in-a-file-that-was-cut",
    file: "server/storage/log-writer.ts",
    find: `  cutAfter(zxid: Zxid, floor: Zxid, end: LogEnd): void {
    this.endFile();`,
    replace: `  cutAfter(zxid: Zxid, floor: Zxid, end: LogEnd): void {`,
    guarantee: "liveness",
    seenBy: ["C12", "C7", "C1"],
    why: "After TRUNC the log goes on in the same file as if nothing had been cut: the next start finds damage.",
    broughtOut: "a server rejoins with an uncommitted tail while it runs, and is restarted later",
  },
];
