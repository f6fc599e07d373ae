/**
 * Test support: good histories in which one reply is a lie.
 */
import type { OpRecord, RunHistory, StatRecord } from "../../results/history.ts";
import { ErrorCode } from "../../server/errors.ts";
import { changeOp, logOf, opsOf, pickOne, replaceRecord } from "./history-edits.ts";
import type { BrokenHistory } from "./history-edits.ts";

const isOk = (op: OpRecord): boolean => op.outcome === "ok";

/** A Stat, of a read or of a write, with one field that is not true. */
function lyingStat(
  field: keyof StatRecord,
  lie: (stat: StatRecord, history: RunHistory) => Partial<StatRecord>,
): BrokenHistory {
  return {
    name: `a Stat lies about ${field}`,
    seenBy: ["C2"],
    break: changeOp(
      (op) => isOk(op) && op.stat !== undefined,
      (op, history) => {
        const stat = op.stat as StatRecord;
        return { stat: { ...stat, ...lie(stat, history) } };
      },
    ),
  };
}

/** A zxid that a transaction has, and another than this. */
function otherZxid(zxid: number, history: RunHistory): number {
  const [first, second] = logOf(history);
  return (first?.zxid === zxid ? second?.zxid : first?.zxid) ?? 0;
}

const STATS: readonly BrokenHistory[] = [
  lyingStat("mzxid", ({ mzxid }, history) => ({ mzxid: otherZxid(mzxid, history) })),
  lyingStat("pzxid", ({ pzxid }, history) => ({ pzxid: otherZxid(pzxid, history) })),
  lyingStat("version", ({ version }) => ({ version: version + 1 })),
  lyingStat("cversion", ({ cversion }) => ({ cversion: cversion - 1 })),
  lyingStat("aversion", ({ aversion = 0 }) => ({ aversion: aversion + 1 })),
  lyingStat("numChildren", ({ numChildren }) => ({ numChildren: numChildren + 1 })),
  lyingStat("dataLength", ({ dataLength = 0 }) => ({ dataLength: dataLength + 1 })),
  lyingStat("ctimeMs", ({ ctimeMs = 0 }) => ({ ctimeMs: ctimeMs + 1 })),
  lyingStat("mtimeMs", ({ mtimeMs = 0 }) => ({ mtimeMs: mtimeMs + 1 })),
  lyingStat("ephemeralOwner", () => ({ ephemeralOwner: "0xdead" })),
];

const CODES: readonly BrokenHistory[] = [
  {
    name: "the reply to a refused write has another code than the log",
    seenBy: ["C2"],
    break: changeOp(
      (op) => op.outcome === "fail" && (op.op === "delete" || op.op === "setData"),
      (op) => ({ code: op.code === ErrorCode.NoNode ? ErrorCode.BadVersion : ErrorCode.NoNode }),
    ),
  },
  {
    name: "what everybody may read is refused with NoAuth",
    seenBy: ["C2"],
    break: changeOp(
      (op) => isOk(op) && op.op === "getACL",
      () => ({ outcome: "fail", code: ErrorCode.NoAuth }),
    ),
  },
  {
    name: "a list of rights is shown that is not the znode's",
    seenBy: ["C2"],
    break: changeOp(
      (op) => isOk(op) && op.op === "getACL",
      () => ({ acl: "world:anyone:1" }),
    ),
  },
];

const MULTIS: readonly BrokenHistory[] = [
  {
    name: "a part of a multi is answered with the Stat of another state",
    seenBy: ["C2"],
    break: changeOp(
      (op) => isOk(op) && op.op === "multi",
      (op) => ({
        parts: (op.parts ?? []).map((part) =>
          part.stat === undefined
            ? part
            : { ...part, stat: { ...part.stat, numChildren: part.stat.numChildren + 1 } },
        ),
      }),
    ),
  },
  {
    name: "a part of a refused multi has the code of another refusal",
    seenBy: ["C2"],
    break: changeOp(
      (op) => op.outcome === "fail" && op.op === "multi",
      (op) => ({
        parts: (op.parts ?? []).map((part, at) =>
          at === 0 ? { ...part, code: ErrorCode.NoNode } : part,
        ),
      }),
    ),
  },
  {
    name: "a server shows one half of a multi and not the other",
    seenBy: ["C2", "C5"],
    break: (history, random) => {
      const multis = new Set(
        logOf(history).flatMap((txn) => (txn.type === "multi" ? [txn.zxid] : [])),
      );
      const shows = (op: OpRecord): boolean =>
        op.op === "getData" && isOk(op) && op.stat !== undefined && multis.has(op.stat.mzxid);
      return changeOp(shows, (op) => {
        const stat = op.stat as StatRecord;
        return { value: "half", stat: { ...stat, version: stat.version - 1 } };
      })(history, random);
    },
  },
];

const READS: readonly BrokenHistory[] = [
  {
    name: "a read shows a value that was never written",
    seenBy: ["C5"],
    break: changeOp(
      (op) => op.op === "getData" && isOk(op),
      () => ({ value: "never written" }),
    ),
  },
  {
    name: "a listing lacks a child",
    seenBy: ["C5"],
    break: changeOp(
      (op) => op.op === "getChildren" && (op.children?.length ?? 0) > 0,
      (op) => ({ children: op.children?.slice(1) ?? [] }),
    ),
  },
  {
    name: "a read finds no znode where there is one",
    seenBy: ["C5"],
    // If a multi has made it, a half of that is missing; and a watch is then one for its creation.
    mayBeSeenBy: ["C2", "C8"],
    break: changeOp(
      (op) => op.op === "exists" && isOk(op),
      () => ({ outcome: "fail", code: ErrorCode.NoNode }),
    ),
  },
  {
    name: "a session goes back in time",
    seenBy: ["C5"],
    // What it shows is not of that time; a write of its own, a sync, or C12's bound may lie between.
    mayBeSeenBy: ["C2", "C4", "C6", "C8", "C9", "C12"],
    break: (history, random) => {
      const early = logOf(history)[5]?.zxid ?? 0;
      const late = history.endMs / 2;
      const seen = new Set<string>();
      const victims = opsOf(history).filter((op) => {
        const again = seen.has(op.session);
        if (op.zxid > early) seen.add(op.session);
        return again && op.op === "getData" && isOk(op) && op.invokeMs > late;
      });
      const victim = pickOne(victims, random);
      return victim ? replaceRecord(history, victim, { ...victim, zxid: early }) : null;
    },
  },
  {
    name: "a sync is answered from the past",
    seenBy: ["C6"],
    // A watch event may have shown more than the replies did.
    mayBeSeenBy: ["C5", "C8", "C12"],
    break: (history, random) => {
      let newest = 0;
      const seen = new Map<string, number>();
      const victims: OpRecord[] = [];
      // Operations of a generated history do not overlap.
      for (const op of opsOf(history)) {
        const own = seen.get(op.session) ?? 0;
        if (op.op === "sync" && isOk(op) && own > 0 && own < newest) {
          victims.push({ ...op, zxid: own });
        }
        newest = Math.max(newest, op.zxid);
        seen.set(op.session, Math.max(own, op.zxid));
      }
      const lie = pickOne(victims, random);
      const victim = opsOf(history).find((op) => op.id === lie?.id);
      return lie && victim ? replaceRecord(history, victim, lie) : null;
    },
  },
];

const WRITES: readonly BrokenHistory[] = [
  {
    name: "a write is acknowledged with another value than the log has",
    seenBy: ["C7"],
    break: changeOp(
      (op) => op.op === "setData" && isOk(op),
      () => ({ value: "not that" }),
    ),
  },
  {
    name: "two acknowledged writes have each other's zxid",
    seenBy: ["C2", "C7"],
    // One of them seems to have been known before it was committed, and to be in its session's future.
    mayBeSeenBy: ["C1", "C3", "C4", "C5", "C6", "C8", "C9", "C11", "C12"],
    break: (history, random) => {
      const sets = opsOf(history).filter((op) => op.op === "setData" && isOk(op));
      const a = pickOne(sets, random);
      const b = pickOne(sets, random);
      if (a === undefined || b === undefined || a === b) return null;
      return replaceRecord(replaceRecord(history, a, { ...a, zxid: b.zxid }), b, {
        ...b,
        zxid: a.zxid,
      });
    },
  },
  {
    name: "a write has a lower zxid than one that was acknowledged before it was sent",
    seenBy: ["C3"],
    // It may have been the only one that succeeded after the faults were healed; and expiries, which are
    // placed between writes, seem to come later.
    mayBeSeenBy: ["C9", "C12"],
    break: (history, random) => {
      const atMs = history.endMs - 20;
      const times = { invokeMs: atMs, completeMs: atMs + 1, client: 99, server: 0 };
      const early = (op: OpRecord): boolean =>
        op.op === "setData" && isOk(op) && op.invokeMs > 5_000 && op.invokeMs < atMs - 2_000;
      return changeOp(early, () => times)(history, random);
    },
  },
  {
    name: "a reply comes after that to a later request of its connection",
    seenBy: ["C4"],
    break: (history, random) => {
      const before = new Map<number, RunHistory["records"][number]>();
      const victims: OpRecord[] = [];
      for (const record of history.records) {
        if (record.kind === "fence") continue;
        const last = before.get(record.client);
        before.set(record.client, record);
        if (record.kind !== "op" || record.op !== "getData" || !isOk(record)) continue;
        if (last?.kind === "op" && last.outcome === "ok") victims.push(record);
      }
      const victim = pickOne(victims, random);
      return victim ? replaceRecord(history, victim, { ...victim, xid: 0 }) : null;
    },
  },
  {
    name: "a sequential number is given twice",
    seenBy: ["C10"],
    // The log has another name, and the znode of that name may have been there.
    mayBeSeenBy: ["C2", "C5", "C7"],
    break: (history, random) => {
      const numbered = opsOf(history).filter((op) => op.flags === 3 && isOk(op));
      const victim = pickOne(numbered.slice(1), random);
      const created = numbered[0]?.created;
      if (victim === undefined || created === undefined) return null;
      return replaceRecord(history, victim, { ...victim, created });
    },
  },
];

export const BROKEN_REPLIES: readonly BrokenHistory[] = [
  ...STATS,
  ...CODES,
  ...MULTIS,
  ...READS,
  ...WRITES,
];
