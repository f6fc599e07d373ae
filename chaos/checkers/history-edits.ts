/**
 * Test support: changing a history in one place, chosen by chance.
 */
import type {
  HistoryRecord,
  OpRecord,
  RunHistory,
  ServerFinal,
  ServerTxn,
} from "../../results/history.ts";

/** Uniform in [0, 1). */
export type Chance = () => number;

/** A good history made bad in one place. */
export interface BrokenHistory {
  /** As the end of a sentence that begins with the checkers: "find that …". */
  readonly name: string;
  /** Null: this history has no place for it. The history that it is given stays as it is. */
  readonly break: (history: RunHistory, random: Chance) => RunHistory | null;
  /** The checkers that must fail it. */
  readonly seenBy: readonly string[];
  /** Others that may, by what the place means to them; no other does. */
  readonly mayBeSeenBy?: readonly string[];
}

export function pickOne<T>(items: readonly T[], random: Chance): T | undefined {
  return items[Math.floor(random() * items.length)];
}

export function opsOf(history: RunHistory): OpRecord[] {
  return history.records.filter((record) => record.kind === "op");
}

/** The log of the first server, which in a generated history is everybody's. */
export function logOf(history: RunHistory): readonly ServerTxn[] {
  return history.finals[0]?.log ?? [];
}

export function replaceRecord(
  history: RunHistory,
  victim: HistoryRecord,
  by: HistoryRecord,
): RunHistory {
  return { ...history, records: history.records.map((one) => (one === victim ? by : one)) };
}

/** Changes one of the operations that the filter lets through. */
export function changeOp(
  filter: (op: OpRecord) => boolean,
  change: (op: OpRecord, history: RunHistory) => Partial<OpRecord>,
): BrokenHistory["break"] {
  return (history, random) => {
    const victim = pickOne(opsOf(history).filter(filter), random);
    if (victim === undefined) return null;
    return replaceRecord(history, victim, { ...victim, ...change(victim, history) });
  };
}

/** Changes one of the transactions that the filter lets through, on every server's disk. */
export function changeTxn(
  filter: (txn: ServerTxn, history: RunHistory) => boolean,
  change: (txn: ServerTxn, history: RunHistory) => Partial<ServerTxn>,
): BrokenHistory["break"] {
  return (history, random) => {
    const victim = pickOne(
      logOf(history).filter((txn) => filter(txn, history)),
      random,
    );
    if (victim === undefined) return null;
    const by = { ...victim, ...change(victim, history) };
    return changeLogs(history, (log) => log.map((txn) => (txn === victim ? by : txn)));
  };
}

export function changeLogs(
  history: RunHistory,
  change: (log: readonly ServerTxn[], final: ServerFinal) => readonly ServerTxn[],
): RunHistory {
  const finals = history.finals.map((final) => ({ ...final, log: change(final.log, final) }));
  return { ...history, finals };
}

/** Changes what one server, of any, holds at the end. */
export function changeFinal(
  change: (final: ServerFinal, random: Chance, history: RunHistory) => Partial<ServerFinal> | null,
): BrokenHistory["break"] {
  return (history, random) => {
    const victim = pickOne(history.finals, random);
    const changes = victim === undefined ? null : change(victim, random, history);
    if (changes === null) return null;
    const finals = history.finals.map((one) => (one === victim ? { ...one, ...changes } : one));
    return { ...history, finals };
  };
}
