/**
 * Test support: good histories in which the servers' disks or final states are not what they should be.
 */
import type { ServerTxn } from "../../results/history.ts";
import { ErrorCode } from "../../server/errors.ts";
import { changeFinal, changeLogs, changeTxn, logOf, opsOf, pickOne } from "./history-edits.ts";
import type { BrokenHistory } from "./history-edits.ts";

/** What is seen of a znode whose history in the log is another. */
const CONTENTS = ["C2", "C5", "C7", "C8", "C9", "C10", "C11"];

const LONE_SERVERS: readonly BrokenHistory[] = [
  {
    name: "one server lacks a transaction",
    seenBy: ["C1"],
    break: changeFinal(({ log }, random) => ({
      log: log.toSpliced(Math.floor(random() * (log.length - 1)), 1),
    })),
  },
  {
    name: "one server has another transaction in the place of one",
    seenBy: ["C1"],
    break: changeFinal(({ log }, random) => {
      const victim = pickOne(log, random);
      return { log: log.map((txn) => (txn === victim ? { ...txn, hash: "other" } : txn)) };
    }),
  },
  {
    name: "one server's tree is another",
    seenBy: ["C1"],
    break: changeFinal(() => ({ treeDigest: "other" })),
  },
  {
    name: "one server has the ephemeral of a session that is gone",
    seenBy: ["C9"],
    break: changeFinal(({ ephemerals }) => ({
      ephemerals: { ...ephemerals, "0xdead": ["/lock/c-0000000000"] },
    })),
  },
  {
    name: "one server has a session open that was closed",
    seenBy: ["C9"],
    break: changeFinal(({ sessions }, random, history) => {
      const closed = logOf(history).filter(({ type }) => type === "closeSession");
      const session = pickOne(closed, random)?.session;
      return session === undefined ? null : { sessions: [...sessions, session] };
    }),
  },
  {
    name: "one server has forgotten an open session",
    seenBy: ["C9"],
    break: changeFinal(({ sessions }) =>
      sessions.length === 0 ? null : { sessions: sessions.slice(1) },
    ),
  },
  {
    name: "one server stays behind the others",
    seenBy: ["C12"],
    mayBeSeenBy: ["C9"],
    break: changeFinal(({ log }) => ({
      log: log.slice(0, -3),
      appliedZxid: log.at(-4)?.zxid ?? 0,
    })),
  },
];

const isMulti = (txn: ServerTxn): boolean => txn.type === "multi" && (txn.parts?.length ?? 0) > 1;
const isApplied = (txn: ServerTxn): boolean =>
  isMulti(txn) && txn.parts?.every(({ type }) => type !== "error") === true;

const EVERYWHERE: readonly BrokenHistory[] = [
  {
    name: "the log lacks the last part of a multi",
    seenBy: ["C2"],
    mayBeSeenBy: CONTENTS,
    break: changeTxn(
      (txn, history) =>
        isApplied(txn) && opsOf(history).some((op) => op.zxid === txn.zxid && op.op === "multi"),
      ({ parts = [] }) => ({ parts: parts.slice(0, -1) }),
    ),
  },
  {
    name: "the last part of a multi failed, and those before it did not",
    seenBy: ["C2"],
    mayBeSeenBy: CONTENTS,
    break: changeTxn(isApplied, ({ parts = [] }) => ({
      parts: [...parts.slice(0, -1), { type: "error", path: "", code: ErrorCode.NodeExists }],
    })),
  },
  {
    name: "a version in the log leaves one out",
    seenBy: ["C2"],
    mayBeSeenBy: ["C7"],
    break: changeTxn(
      (txn) => txn.type === "setData",
      ({ version = 0 }) => ({ version: version + 1 }),
    ),
  },
  {
    name: "the log has a refused write as done",
    seenBy: ["C2"],
    mayBeSeenBy: CONTENTS,
    break: changeTxn(
      (txn) => txn.type === "error",
      () => ({ type: "delete", path: "/data" }),
    ),
  },
  {
    name: "a write was refused for a reason that there was not",
    seenBy: ["C2"],
    break: (history, random) => {
      const refused = opsOf(history).filter(
        (op) => op.code === ErrorCode.NodeExists && op.op === "create",
      );
      const victim = pickOne(refused, random);
      if (victim === undefined) return null;
      const code = ErrorCode.NoNode;
      const records = history.records.map((one) => (one === victim ? { ...victim, code } : one));
      return changeLogs({ ...history, records }, (log) =>
        log.map((txn) => (txn.zxid === victim.zxid ? { ...txn, code } : txn)),
      );
    },
  },
  {
    name: "a znode that is no container is removed by the leader",
    seenBy: ["C2"],
    mayBeSeenBy: CONTENTS,
    break: changeTxn(
      (txn) => txn.type === "delete" && txn.path.startsWith("/data/") && txn.cxid > 0,
      () => ({ session: "0x0", cxid: 0 }),
    ),
  },
  {
    name: "the last writes that were acknowledged are not in the log",
    // The servers still say that they have applied them.
    seenBy: ["C1", "C7"],
    mayBeSeenBy: [...CONTENTS, "C12"],
    break: (history) => {
      const last = opsOf(history).findLast((op) => op.outcome === "ok" && op.op === "setData");
      if (last === undefined) return null;
      return changeLogs(history, (log) => log.filter(({ zxid }) => zxid < last.zxid));
    },
  },
  {
    name: "the close of a session leaves an ephemeral behind",
    seenBy: ["C9"],
    mayBeSeenBy: CONTENTS,
    break: changeTxn(
      (txn) => txn.type === "closeSession" && (txn.removed?.length ?? 0) > 0,
      ({ removed = [] }) => ({ removed: removed.slice(1) }),
    ),
  },
  {
    name: "an ephemeral is made for a session after its close",
    seenBy: ["C9"],
    mayBeSeenBy: CONTENTS,
    break: (history, random) => {
      const log = logOf(history);
      const closed = pickOne(
        log.filter(({ type }) => type === "closeSession"),
        random,
      );
      if (closed === undefined) return null;
      const { session } = closed;
      const late = log.findLast(
        (txn) => txn.type === "create" && txn.ephemeralOwner !== "0x0" && txn.zxid > closed.zxid,
      );
      if (late === undefined) return null;
      return changeLogs(history, (each) =>
        each.map((txn) => (txn === late ? { ...txn, ephemeralOwner: session } : txn)),
      );
    },
  },
];

export const BROKEN_LOGS: readonly BrokenHistory[] = [...LONE_SERVERS, ...EVERYWHERE];
