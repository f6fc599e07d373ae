/** A dump as people read it: one line per event; findings have a second one. */
import { errorName } from "../errors.ts";
import type { DumpEvent, Finding, FindingVerdict, HistoryStanding } from "./events.ts";
import type { ShownChange, TxnLine } from "./txn-line.ts";

const VERDICTS: Readonly<Record<FindingVerdict, string>> = {
  cut: "recovery cuts it off",
  passedOver: "recovery goes on without it",
  refused: "recovery refuses to start",
  notRead: "recovery does not read it",
};

const STANDINGS: Readonly<Record<HistoryStanding, string>> = {
  inForce: "in force",
  replaced: "replaced by a leader's snapshot, kept as evidence",
  beingInstalled: "of an installation that did not end, never used",
  unknown: "in force or not: only the state file could say",
};

/** The lines of an event, without the last end of line. */
export function textOf(event: DumpEvent): string {
  switch (event.kind) {
    case "server":
      return serverText(event);
    case "history":
      return `\nhistory ${event.number}  ${STANDINGS[event.standing]}`;
    case "snapshot": {
      const { file, sizeBytes, zxid, content } = event;
      const head = `snapshot  ${file}  ${sizeBytes} B  zxid ${zxid}`;
      if (content === null) return `${head}  damaged`;
      const { sid, znodes, sessions, digest } = content;
      return `${head}  server ${sid}  ${znodes} znodes  ${sessions} sessions  digest ${digest}`;
    }
    case "log": {
      const { file, sizeBytes, header } = event;
      const head = `log  ${file}  ${sizeBytes} B`;
      if (header === null) return `${head}  damaged header`;
      return `${head}  server ${header.sid}  from ${header.firstZxid}  after ${header.previousZxid}`;
    }
    case "txn":
      return txnText(event);
    case "logEnd": {
      const { transactions, lastZxid } = event;
      return `  ${transactions} transactions${lastZxid === null ? "" : `, the last one ${lastZxid}`}`;
    }
    case "temporary":
      return `temporary  ${event.file}  ${event.sizeBytes} B  being written, or was when the server stopped`;
    case "finding":
      return findingText(event);
    case "recovery":
      return recoveryText(event);
  }
}

function serverText(event: Extract<DumpEvent, { kind: "server" }>): string {
  const { stateFile, state, dataDir, dataLogDir } = event;
  const where = `dataDir ${dataDir}  dataLogDir ${dataLogDir}`;
  if (state === null) return `server unknown  ${where}`;
  const { sid, acceptedEpoch, currentEpoch, history, baseZxid } = state;
  return (
    `server ${sid}  ${where}\n` +
    `state  ${stateFile}  acceptedEpoch ${acceptedEpoch}  currentEpoch ${currentEpoch}  ` +
    `history ${history}  baseZxid ${baseZxid}`
  );
}

function txnText({ zxid, time, session, cxid, change }: TxnLine): string {
  return `  ${zxid}  ${time}  session ${session}  cxid ${cxid}  ${changeText(change)}`;
}

function changeText(change: ShownChange): string {
  const { type, parts, paths, path, version, valueBytes, value, valueEncoding } = change;
  if (parts !== undefined) return `${type} ${parts.length}: ${parts.map(changeText).join("; ")}`;
  const words: string[] = [type];
  if (path !== undefined) words.push(JSON.stringify(path).slice(1, -1));
  if (version !== undefined) words.push(`version ${version}`);
  if (valueBytes !== undefined) words.push(`${valueBytes} B`);
  if (value !== undefined)
    words.push(valueEncoding === "base64" ? `base64 ${value}` : JSON.stringify(value));
  if (change.ephemeralOwner !== undefined) words.push(`owner ${change.ephemeralOwner}`);
  if (change.timeoutMs !== undefined) words.push(`timeout ${change.timeoutMs} ms`);
  if (change.errorCode !== undefined) words.push(errorName(change.errorCode));
  if (paths !== undefined) words.push(`removes ${paths.length}: ${paths.join(", ")}`);
  return words.join("  ");
}

function findingText({ file, found, verdict, advice }: Finding): string {
  return `! ${file}: ${found}: ${VERDICTS[verdict]}\n  ${advice}`;
}

function recoveryText(event: Extract<DumpEvent, { kind: "recovery" }>): string {
  const { refused, notes, snapshotZxid, lastZxid, committedZxid } = event;
  if (refused !== null) return `\na start would be refused: ${refused}`;
  const from = snapshotZxid === "0x0" ? "no snapshot" : `snapshot ${snapshotZxid}`;
  const ends = `from ${from} to ${lastZxid}, committed at least to ${committedZxid}`;
  return [`\na start would recover ${ends}`, ...notes.map((note) => `  ${note}`)].join("\n");
}
