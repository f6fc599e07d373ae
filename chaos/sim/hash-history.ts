/** All that a verdict depends on, and the verdict itself, as part of the trace hash. */
import type { RunHistory, ServerFinal } from "../../results/history.ts";
import type { CheckResult } from "../../results/schema.ts";
import type { TraceHash } from "./world/trace-hash.ts";

/**
 * What clients were told, what servers said and left, the faults as they came: two runs that differ in
 * any of it have different hashes, though all events of theirs may be the same.
 */
export function hashHistory(hash: TraceHash, history: RunHistory): void {
  const { finals, records, ...rest } = history;
  for (const final of finals) hashFinal(hash, final);
  hash.text(JSON.stringify(records));
  hash.text(JSON.stringify(rest));
}

/** But not how long the checkers took: that is the machine's affair. */
export function hashChecks(hash: TraceHash, checks: readonly CheckResult[]): void {
  for (const { elapsedMs: _elapsedMs, ...check } of checks) hash.text(JSON.stringify(check));
}

function hashFinal(hash: TraceHash, { log, ...rest }: ServerFinal): void {
  hash.text(JSON.stringify(rest));
  hash.word(log.length);
  // Its hash is that of an entry's bytes: nothing else of it has to be looked at.
  for (const txn of log) {
    hash.number(txn.zxid);
    hash.word(Number.parseInt(txn.hash.slice(0, 8), 16));
  }
}
