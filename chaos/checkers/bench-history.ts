/**
 * The history that the checkers' speed is measured on: a run directory like any other, made by a process
 * of its own, so that making it costs the measured one nothing.
 */
import { createHash } from "node:crypto";
import type { RunHistory, ServerFinal } from "../../results/history.ts";
import { factsOf } from "../../results/run-facts.ts";
import { createRun } from "../../results/store.ts";
import { sampleIdentity, sampleRun } from "../../results/testdata/sample-run.ts";
import { generateRun } from "./generated-run.ts";

const SEED = 1;
/** One event to five operations or so, and few reconnects, as in the lab's own runs. */
const MIX = { lastingWatchShare: 0.02, disturbedShare: 0.05 };
const HASH_CHARACTERS = 32;

/** Writes the history of a correct ensemble, with about so many operations; the run directory. */
export async function writeBenchHistory(root: string, operations: number): Promise<string> {
  const history = withHashes(generateRun(SEED, operations, MIX));
  const writer = await createRun(root, sampleIdentity());
  await writer.writeHistory(history.records);
  await writer.writeSamples(history.samples);
  await writer.writeServers(history.finals);
  await writer.writeFaults(history.faults);
  await writer.writeFacts(factsOf(history));
  return writer.finish(sampleRun());
}

/** Hashes of the length that a server's log has: a generated entry has all of itself for one. */
function withHashes(history: RunHistory): RunHistory {
  const logs = new Map<ServerFinal["log"], ServerFinal["log"]>();
  const finals = history.finals.map((final) => {
    const known = logs.get(final.log);
    const log = known ?? final.log.map((txn) => ({ ...txn, hash: digest(txn.hash) }));
    logs.set(final.log, log);
    return { ...final, log };
  });
  return { ...history, finals };
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, HASH_CHARACTERS);
}
