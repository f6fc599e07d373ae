/** The log of one history. */
import type { Disk } from "../env.ts";
import { formatZxid, NO_ZXID } from "../ids.ts";
import type { Zxid } from "../ids.ts";
import { damagedAt, OWNER_REMEDY, ownerFound } from "../storage/damage.ts";
import type { NamedFile } from "../storage/layout.ts";
import { inspectLog } from "../storage/log-inspection.ts";
import type { LogInspection } from "../storage/log-inspection.ts";
import { EMPTY_FILE, firstFileNeeded, placeProblem } from "../storage/log-recovery.ts";
import { RECORD_HEADER_BYTES } from "../storage/log-record.ts";
import { LOG_HEADER_BYTES } from "../storage/log-scan.ts";
import { finding } from "./advice.ts";
import type { DumpEvent, FindingVerdict } from "./events.ts";
import { isRead } from "./place.ts";
import type { DumpOptions, HistoryPlace } from "./place.ts";
import { readWhole } from "./read-whole.ts";
import { txnLine } from "./txn-line.ts";

/** A torn end is looked at again, as often: a server may be writing it. */
const READS_MAX = 5;

interface LogPlace extends HistoryPlace {
  /** How far what comes before this file reaches; null: nothing is known that it must follow. */
  readonly knownZxid: Zxid | null;
  readonly isLast: boolean;
  /** Recovery reads this file. */
  readonly needed: boolean;
}

/** Tells of each file and its transactions. `snapshotZxid`: of the newest snapshot that is whole. */
export function* dumpLogs(
  disk: Disk,
  files: readonly NamedFile[],
  place: HistoryPlace,
  snapshotZxid: Zxid,
  options: DumpOptions,
): Generator<DumpEvent, void, void> {
  const start = firstFileNeeded(files, snapshotZxid);
  let knownZxid: Zxid | null = place.standing === "inForce" && start === 0 ? snapshotZxid : null;
  for (const [index, file] of files.entries()) {
    const needed = isRead(place.standing) && index >= start;
    const isLast = index === files.length - 1;
    const reach = yield* dumpLog(disk, file, { ...place, knownZxid, isLast, needed }, options);
    if (reach === null) knownZxid = null;
    else knownZxid = needed && snapshotZxid > reach ? snapshotZxid : reach;
  }
}

/** Returns how far the file reaches; null if it is not whole, so that nothing can be said. */
function* dumpLog(
  disk: Disk,
  file: NamedFile,
  place: LogPlace,
  options: DumpOptions,
): Generator<DumpEvent, Zxid | null, void> {
  const { path } = file;
  const verdict: FindingVerdict = place.needed ? "refused" : "notRead";
  const read = readSettled(disk, path);
  if (read === null) return null;
  if (typeof read === "string") {
    yield { kind: "log", file: path, sizeBytes: 0, header: null };
    yield finding(path, null, read, verdict);
    return null;
  }
  const { content, inspection, found } = read;
  const { header, records, lastZxid } = inspection;
  yield { kind: "log", file: path, sizeBytes: content.length, header: shownHeader(header) };
  const notTxns: DumpEvent[] = [];
  for (const { zxid, offset, endOffset } of found) {
    const bytes = content.subarray(offset + RECORD_HEADER_BYTES, endOffset);
    const isShown = zxid >= options.from && zxid <= options.to;
    const line = txnLine({ zxid, bytes }, offset, options.withValues && isShown);
    if (typeof line === "string") notTxns.push(finding(path, offset, line, verdict));
    else if (isShown) yield { kind: "txn", ...line };
  }
  const last = lastZxid === null ? null : formatZxid(lastZxid);
  yield { kind: "logEnd", file: path, transactions: records, lastZxid: last };
  const findings = [...notTxns, ...placeFindings(file, inspection, place, content.length)];
  findings.push(...badFindings(path, inspection, place));
  yield* findings;
  return findings.length > 0 ? null : (lastZxid ?? place.knownZxid ?? NO_ZXID);
}

interface ReadLog {
  readonly content: Buffer;
  readonly inspection: LogInspection;
  readonly found: readonly { zxid: Zxid; offset: number; endOffset: number }[];
}

/** A file that is whole, or does not change while it is looked at; else as `readWhole`. */
function readSettled(disk: Disk, path: string): ReadLog | string | null {
  let before: ReadLog | null = null;
  for (let reads = 1; ; reads++) {
    const content = readWhole(disk, path);
    if (!Buffer.isBuffer(content)) return content;
    if (before?.content.equals(content) === true) return before;
    const found: { zxid: Zxid; offset: number; endOffset: number }[] = [];
    const inspection = inspectLog(content, ({ zxid, endOffset }, offset) =>
      found.push({ zxid, offset, endOffset }),
    );
    const read: ReadLog = { content, inspection, found };
    const isWhole = inspection.bad.length === 0 && typeof inspection.header !== "string";
    if (isWhole || reads === READS_MAX) return read;
    before = read;
  }
}

function shownHeader(header: LogInspection["header"]) {
  if (typeof header === "string") return null;
  const { sid, firstZxid, previousZxid } = header;
  return { sid, firstZxid: formatZxid(firstZxid), previousZxid: formatZxid(previousZxid) };
}

/** What is wrong with the file as a whole: its header, its owner, its place among the others. */
function* placeFindings(
  file: NamedFile,
  { header, records, bad }: LogInspection,
  place: LogPlace,
  sizeBytes: number,
): Generator<DumpEvent, void, void> {
  const { path } = file;
  const verdict: FindingVerdict = place.needed ? "refused" : "notRead";
  if (typeof header === "string") {
    const wasCreated = place.needed && place.isLast && sizeBytes <= LOG_HEADER_BYTES;
    yield finding(path, 0, damagedAt(0, header), wasCreated ? "cut" : verdict);
    return;
  }
  const { sid } = header;
  if (place.sid !== null && sid !== place.sid)
    yield finding(path, null, ownerFound(sid, place.sid), verdict, OWNER_REMEDY);
  const problem = placeProblem(file, header, place.knownZxid ?? header.previousZxid);
  if (problem !== null) yield finding(path, null, problem, verdict);
  if (records === 0 && bad.length === 0 && !place.isLast)
    yield finding(path, LOG_HEADER_BYTES, damagedAt(LOG_HEADER_BYTES, EMPTY_FILE), verdict);
}

function* badFindings(
  path: string,
  { bad, isCutShort }: LogInspection,
  place: LogPlace,
): Generator<DumpEvent, void, void> {
  for (const { offset, found, kind } of bad) {
    const isTorn = kind === "torn" && place.isLast;
    const verdict = !place.needed ? "notRead" : isTorn ? "cut" : "refused";
    const clause = isTorn ? `torn tail at offset ${offset} (${found})` : damagedAt(offset, found);
    yield finding(path, offset, clause, verdict);
  }
  if (isCutShort) {
    const offset = bad.at(-1)?.offset ?? LOG_HEADER_BYTES;
    const found = `more than ${bad.length} bad places: what comes behind offset ${offset} is not shown`;
    yield finding(path, offset, found, place.needed ? "refused" : "notRead");
  }
}
