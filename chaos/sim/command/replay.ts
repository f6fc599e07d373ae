/** `npm run sim -- --replay FILE`: a failure once more, step by step. */
import path from "node:path";
import { mutantNamed } from "../../mutants/catalogue/all.ts";
import { CHECK_IDS } from "../../mutants/mutant.ts";
import { type CorpusEntry, readCorpusEntry } from "../corpus/corpus.ts";
import type { SimFailure } from "../outcome.ts";
import { FailureFileError, readFailure } from "../report/failure-file.ts";
import { renderFailureText } from "../report/render-text.ts";
import { showSteps } from "../report/stepper.ts";
import {
  failureLike,
  type FailureSignature,
  messageShape,
  signatureOf,
} from "../shrink/signature.ts";
import type { SimResult } from "../workers/lane.ts";
import { Pool, PoolStoppedError } from "../workers/pool.ts";
import { SIMULATOR_URLS } from "../workers/simulator.ts";
import { openThread } from "../workers/transport.ts";
import { commitOfCheckout } from "./commit.ts";
import { readable } from "./failure-report.ts";
import type { SimFlags } from "./flags.ts";
import { EXIT_FAIL, EXIT_NO_VERDICT, EXIT_PASS, lookOf, type SimIo } from "./io.ts";

/** Throws a `FailureFileError` or a `CorpusError` for a file that is neither's. */
export async function replay(flags: SimFlags, io: SimIo): Promise<number> {
  const failure = readReplayed(flags.file, flags.corpus);
  refuseUnknown(failure, flags);
  const mutant = flags.mutant ?? failure.mutant;
  const pool = new Pool(1, {
    open: openThread,
    urls: io.simulator ?? SIMULATOR_URLS,
    mutant,
    limitMs: flags.seedLimitMs,
  });
  const stop = (): void => void pool.stop();
  io.end.addEventListener("abort", stop, { once: true });
  try {
    const result = await pool.run({ plan: failure.plan, trace: true });
    return await show(failure, result, flags, io);
  } catch (error) {
    if (!(error instanceof PoolStoppedError)) throw error;
    io.stderr.write("Broken off: no verdict.\n");
    return EXIT_NO_VERDICT;
  } finally {
    io.end.removeEventListener("abort", stop);
    await pool.stop();
  }
}

/** A failure; or an entry of the corpus, which has a name and a reason besides. */
function readReplayed(file: string, corpus: string | null): SimFailure | CorpusEntry {
  const isOfCorpus = corpus !== null && path.dirname(path.resolve(file)) === corpus;
  return isOfCorpus ? readCorpusEntry(file) : readFailure(file);
}

/** What can be read and yet says nothing here: a check or a mutant that there is not. */
function refuseUnknown({ check, mutant }: SimFailure, { file, mutant: instead }: SimFlags): void {
  const ids: readonly string[] = CHECK_IDS;
  if (!ids.includes(check.id))
    throw new FailureFileError(
      `${file}: check.id: there is no check ${check.id}, there are ${ids.join(", ")}: correct the field`,
    );
  if (mutant !== null && instead === null && mutantNamed(mutant) === undefined)
    throw new FailureFileError(
      `${file}: mutant: there is no mutant ${mutant}: correct the field (npm run mutants -- --list names them), or say another one with --mutant`,
    );
}

async function show(
  failure: SimFailure | CorpusEntry,
  result: SimResult,
  flags: SimFlags,
  io: SimIo,
): Promise<number> {
  if (result.type !== "ended" || result.trace === null) {
    io.stderr.write(`It could not be run again: ${whyNot(result)}\n`);
    return result.type === "hung" ? EXIT_FAIL : EXIT_NO_VERDICT;
  }
  const { checks, traceHash } = result.summary;
  const check = failureLike(signatureOfFailure(failure), checks);
  const other = checks.find(({ id }) => id === signatureOf(checks)?.checkId);
  const shown = check ?? other;
  const isFailing = shown !== undefined;
  if (flags.json) {
    const json = {
      isFailing,
      isSameFailure: check !== undefined,
      isSameTrace: traceHash === failure.traceHash,
      commit: commitOfCheckout(),
      kept: { commit: failure.commit, traceHash: failure.traceHash, check: failure.check.id },
      traceHash,
      failing: checks.filter(({ verdict }) => verdict === "fail").map(({ id }) => id),
    };
    io.stdout.write(`${JSON.stringify(json)}\n`);
    return isFailing ? EXIT_FAIL : EXIT_PASS;
  }
  if (shown !== undefined) {
    const { id, name, guarantee, violations, violationCount } = shown;
    const now = { ...failure, check: { id, name, guarantee, violations, violationCount } };
    const look = { ...lookOf(io.stdout), file: readable(flags.file) };
    io.stdout.write(`${renderFailureText(now, result.trace, look)}\n`);
  }
  await showSteps(result.trace, {
    input: io.stdin,
    output: io.stdout,
    violation: shown?.violations[0] ?? null,
    ...(flags.filter === null ? {} : { filter: flags.filter }),
  });
  const lines = [...identityLines(failure, traceHash, flags), verdictLine(failure, check, other)];
  io.stdout.write(`\n${lines.join("\n")}\n`);
  return isFailing ? EXIT_FAIL : EXIT_PASS;
}

function identityLines(
  failure: SimFailure | CorpusEntry,
  traceHash: string,
  flags: SimFlags,
): string[] {
  const commit = commitOfCheckout();
  const lines: string[] = [];
  // What is in the corpus has been mended since.
  const otherwise =
    "reason" in failure && commit !== failure.commit
      ? "another commit runs the same plan otherwise, which is as it should be in the corpus"
      : "this is not the run that was found";
  if (commit !== failure.commit)
    lines.push(`commit      ${commit}; it was found at ${failure.commit}`);
  lines.push(
    traceHash === failure.traceHash
      ? `trace hash  ${traceHash}, the same as when it was found`
      : `trace hash  ${traceHash}; it was ${failure.traceHash}: ${otherwise}`,
  );
  if (flags.mutant !== null && flags.mutant !== failure.mutant)
    lines.push(`mutant      ${flags.mutant}; it was found with ${failure.mutant ?? "none"}`);
  return lines;
}

function verdictLine(
  failure: SimFailure,
  check: { readonly id: string } | undefined,
  other: { readonly id: string; readonly name: string } | undefined,
): string {
  const { id, name } = failure.check;
  if (check !== undefined) return `FAIL  ${id} ${name} fails as it did when it was found.`;
  if (other !== undefined)
    return `FAIL  ${other.id} ${other.name} fails; ${id} ${name} does not fail as it did.`;
  return `PASS  ${id} ${name} does not fail any more, nor does another check.`;
}

function signatureOfFailure({ check }: SimFailure): FailureSignature {
  return { checkId: check.id, shape: messageShape(check.violations[0]?.message ?? "") };
}

function whyNot(result: SimResult): string {
  switch (result.type) {
    case "ended":
      return "it was not traced";
    case "threw":
      return `the simulator threw ${result.error}`;
    case "hung":
      return `it did not end within ${result.limitMs / 1_000} s of wall-clock time`;
    case "died":
      return result.reason;
  }
}
