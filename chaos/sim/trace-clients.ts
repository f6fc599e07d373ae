/** What clients did and saw, from the history, for the trace. */
import type { HistoryRecord, OpRecord } from "../../results/history.ts";
import type { TraceEvent } from "./trace.ts";
import { OBJECTS_PER_CLIENT } from "./clients/sim-client.ts";

/**
 * The trace with the operations, events and sessions of the clients in it, in the order of time. An
 * operation that has not ended is not in the history, and so not here.
 */
export function withClientEvents(
  trace: readonly TraceEvent[],
  records: readonly HistoryRecord[],
): TraceEvent[] {
  // Sorting keeps the order of what has the same time.
  return [...trace, ...records.flatMap(eventsOf)].toSorted((a, b) => a.atMs - b.atMs);
}

function eventsOf(record: HistoryRecord): TraceEvent[] {
  const host = `c${Math.floor(record.client / OBJECTS_PER_CLIENT)}`;
  switch (record.kind) {
    case "op": {
      const { id, invokeMs, completeMs } = record;
      return [
        { kind: "op", atMs: invokeMs, host, id, what: "invoked", text: asked(record) },
        { kind: "op", atMs: completeMs, host, id, what: "ended", text: ended(record) },
      ];
    }
    case "watch": {
      const text = `event ${record.type} ${record.path}, zxid ${hex(record.zxid)}`;
      return [{ kind: "client", atMs: record.atMs, host, text }];
    }
    case "session": {
      const text = `session ${record.session} ${record.event}`;
      return [{ kind: "client", atMs: record.atMs, host, text }];
    }
    case "grant": {
      const text = `${record.event} ${record.resource}, token ${hex(record.token)}`;
      return [{ kind: "client", atMs: record.atMs, host, text }];
    }
    case "fence": {
      const text = `write to ${record.resource} ${record.accepted ? "accepted" : "refused"}`;
      return [{ kind: "client", atMs: record.atMs, host, text }];
    }
    case "protocol":
      return [{ kind: "client", atMs: record.atMs, host, text: record.problem }];
  }
}

function asked({ op, path, value, expectedVersion, parts, watch }: OpRecord): string {
  const words = [op, path];
  if (value !== undefined && value !== null && op !== "getData") words.push(`"${value}"`);
  if (expectedVersion !== undefined && expectedVersion >= 0)
    words.push(`version ${expectedVersion}`);
  if (parts !== undefined) words.push(parts.map((part) => `${part.type} ${part.path}`).join(", "));
  if (watch === true) words.push("and watch");
  return words.filter((word) => word !== "").join(" ");
}

function ended(record: OpRecord): string {
  const { outcome, code, zxid, created, path, value, op } = record;
  const words: string[] = [outcome, asked(record)];
  if (code !== 0) words.push(`error ${code}`);
  if (created !== undefined && created !== path) words.push(`as ${created}`);
  if (op === "getData" && value !== undefined) words.push(`"${value ?? ""}"`);
  if (zxid >= 0) words.push(`zxid ${hex(zxid)}`);
  return words.join(" ");
}

function hex(zxid: number): string {
  return zxid < 0 ? "unknown" : `0x${zxid.toString(16)}`;
}
