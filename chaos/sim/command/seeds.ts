/** `npm run sim`: the corpus, then seeds; what fails is shrunk, kept and told. */
import { availableParallelism } from "node:os";
import { type CorpusEntry, readCorpus } from "../corpus/corpus.ts";
import { renderFailureText } from "../report/render-text.ts";
import { Pool, PoolStoppedError } from "../workers/pool.ts";
import { SIMULATOR_URLS } from "../workers/simulator.ts";
import { openThread } from "../workers/transport.ts";
import { commitOfCheckout } from "./commit.ts";
import { failureAsFound, keepReport, readable, reportFailure } from "./failure-report.ts";
import { findingLine, Findings, type FailureKind } from "./findings.ts";
import { findingOf, replayLine, sourceName } from "./finding.ts";
import type { SimFlags } from "./flags.ts";
import { EXIT_FAIL, EXIT_NO_VERDICT, EXIT_PASS, lookOf, type SimIo } from "./io.ts";
import { runAll, sourcesOf } from "./run-all.ts";
import { SimProgress } from "./sim-progress.ts";
import { jsonOf, renderSetSummary, type SetFigures } from "./summary.ts";
import { Tally } from "./tally.ts";
import { counted, judgeSet } from "./verdict.ts";

/** Kinds of failure that are shrunk and told; all others are named. */
const STORIES_MAX = 3;
/** Runs that are named of those that fail in the same way; all others are counted. */
const NAMED_MAX = 3;
/** Findings that are named as they come, before there are too many to be read. */
const LINES_MAX = 50;

export async function runSeeds(flags: SimFlags, io: SimIo): Promise<number> {
  const corpus = flags.corpus === null || flags.mutant !== null ? [] : readCorpus(flags.corpus);
  const pool = new Pool(flags.jobs, {
    open: openThread,
    urls: io.simulator ?? SIMULATOR_URLS,
    mutant: flags.mutant,
    limitMs: flags.seedLimitMs,
  });
  const stop = (): void => void pool.stop();
  io.end.addEventListener("abort", stop, { once: true });
  try {
    if (io.end.aborted) await pool.stop();
    return await new SeedSet(flags, io, pool, corpus).run();
  } finally {
    io.end.removeEventListener("abort", stop);
    await pool.stop();
  }
}

class SeedSet {
  readonly #flags: SimFlags;
  readonly #io: SimIo;
  readonly #pool: Pool;
  readonly #corpus: readonly CorpusEntry[];
  readonly #tally = new Tally();
  readonly #findings = new Findings();
  readonly #commit = commitOfCheckout();
  readonly #startMs = performance.now();
  readonly #progress: SimProgress;
  /** What a person reads; with --json stdout is for programs. */
  readonly #out: NodeJS.WriteStream;
  #phase = "seeds";
  #seedsEnded = 0;
  #corpusEnded = 0;
  #linesShown = 0;
  #wallMs = 0;
  #isWhole = true;

  constructor(flags: SimFlags, io: SimIo, pool: Pool, corpus: readonly CorpusEntry[]) {
    this.#flags = flags;
    this.#io = io;
    this.#pool = pool;
    this.#corpus = corpus;
    this.#out = flags.json ? io.stderr : io.stdout;
    io.stderr.write(`${this.#announcement()}\n`);
    this.#progress = new SimProgress(io.stderr, () => ({
      phase: this.#phase,
      share: this.#phase === "seeds" ? this.#share() : null,
      figures: this.#figuresLine(),
      elapsedMs: this.#elapsedMs,
    }));
  }

  async run(): Promise<number> {
    const reports: Record<string, unknown>[] = [];
    try {
      await this.#simulateAll();
      this.#endSimulating();
      for (const kind of this.#findings.kinds.slice(0, STORIES_MAX))
        reports.push(await this.#report(kind));
    } catch (error) {
      if (!(error instanceof PoolStoppedError)) throw error;
      this.#isWhole = false;
      if (this.#wallMs === 0) this.#endSimulating();
      for (const kind of this.#findings.kinds.slice(reports.length, STORIES_MAX))
        reports.push(this.#keepAsFound(kind));
    } finally {
      this.#progress.end();
    }
    const { tally, set } = this.#outcome();
    const more = this.#findings.kinds.length - reports.length;
    if (more > 0) this.#out.write(`${counted(more, "other way")} to fail: see the lines above.\n`);
    this.#out.write(renderSetSummary(set, lookOf(this.#out)));
    if (this.#flags.json)
      this.#io.stdout.write(`${JSON.stringify({ ...jsonOf(set), failures: reports })}\n`);
    if (set.judged.verdict === "fail") return EXIT_FAIL;
    return set.judged.verdict === "pass" && tally.runs > 0 ? EXIT_PASS : EXIT_NO_VERDICT;
  }

  async #simulateAll(): Promise<void> {
    const { from, seeds, forMs } = this.#flags;
    const isTimeUp = (): boolean => forMs !== null && this.#elapsedMs >= forMs;
    const sources = sourcesOf(this.#corpus, { from, count: seeds }, isTimeUp);
    await runAll(sources, this.#pool, (source, result) => {
      if ("seed" in source) this.#seedsEnded++;
      else this.#corpusEnded++;
      if (result.type === "ended") this.#tally.add(result.summary);
      const finding = findingOf(source, result);
      if (finding === null) return;
      if (this.#findings.add(finding) > NAMED_MAX || ++this.#linesShown > LINES_MAX) return;
      this.#progress.event(findingLine(finding));
      this.#progress.event(`      ${replayLine(source, this.#flags.mutant)}`);
    });
  }

  #endSimulating(): void {
    this.#wallMs = this.#elapsedMs;
    for (const line of this.#findings.restLines(NAMED_MAX)) this.#progress.event(line);
  }

  /** Shrinks the failure, writes it, and tells its story. */
  async #report({ first, count }: FailureKind): Promise<Record<string, unknown>> {
    const name = sourceName(first.source);
    this.#phase = `looking at ${name}`;
    const { mutant, shrink, shrinkMs, out } = this.#flags;
    const reported = await reportFailure(first, {
      pool: this.#pool,
      commit: this.#commit,
      mutant,
      shrink,
      shrinkMs,
      progress: ({ plan, runs }) => {
        const faults = counted(plan.faults.length, "fault");
        const operations = counted(plan.ops.length, "operation");
        this.#phase = `shrinking ${name}: ${faults}, ${operations}, ${counted(runs, "run")}`;
      },
    });
    if (reported === null) {
      this.#progress.event(
        `${name} did not fail again in the same way: npm run sim -- --check-determinism`,
      );
      return this.#keepAsFound({ first, count });
    }
    const { failure, trace, note } = reported;
    const { file, page } = keepReport(out, failure, trace);
    const look = lookOf(this.#out);
    this.#progress.pause(() => {
      this.#out.write(`\n${renderFailureText(failure, trace, { ...look, file: readable(file) })}`);
      if (note !== "") this.#out.write(`${note}\n`);
      if (page !== null) this.#out.write(`page    ${readable(page)}\n`);
    });
    return this.#reportJson({ first, count }, file, failure.plan);
  }

  #keepAsFound(kind: FailureKind): Record<string, unknown> {
    const { mutant, out } = this.#flags;
    const failure = failureAsFound(kind.first, { commit: this.#commit, mutant });
    const { file } = keepReport(out, failure, null);
    this.#progress.event(`      kept as it was found: ${readable(file)}`);
    return this.#reportJson(kind, file, failure.plan);
  }

  #reportJson(
    { first, count }: FailureKind,
    file: string,
    plan: { readonly ops: readonly unknown[]; readonly faults: readonly unknown[] },
  ): Record<string, unknown> {
    return {
      source: sourceName(first.source),
      check: first.check.id,
      message: first.check.violations[0]?.message ?? "",
      runs: count,
      replay: replayLine(first.source, this.#flags.mutant),
      file,
      ops: plan.ops.length,
      faults: plan.faults.length,
    };
  }

  #outcome(): { tally: Tally; set: SetFigures } {
    const tally = this.#tally;
    const seeds = this.#seedsEnded;
    const judged = judgeSet(tally, this.#findings, { seeds, isWhole: this.#isWhole });
    const { from: firstSeed, jobs, mutant } = this.#flags;
    const cores = Math.min(jobs, availableParallelism());
    const corpus = this.#corpusEnded;
    const wallMs = Math.round(this.#wallMs);
    const commit = this.#commit;
    return {
      tally,
      set: { firstSeed, seeds, corpus, wallMs, cores, commit, mutant, tally, judged },
    };
  }

  get #elapsedMs(): number {
    return performance.now() - this.#startMs;
  }

  #announcement(): string {
    const { from, seeds, forMs, jobs, mutant } = this.#flags;
    const much = Number.isFinite(seeds) ? counted(seeds, "seed") : "seeds";
    const time = forMs === null ? "" : `, ${forMs / 1_000} s`;
    const planted = mutant === null ? "" : `, with the mutant ${mutant}`;
    const corpus = this.#corpus.length === 0 ? "" : `${this.#corpus.length} of the corpus, then `;
    return `Simulating ${corpus}${much} from ${from}${time}${planted}, ${jobs} at a time`;
  }

  #share(): number | null {
    const { seeds, forMs } = this.#flags;
    if (forMs !== null) return this.#elapsedMs / forMs;
    return (this.#tally.runs + this.#findings.troubles.length) / (seeds + this.#corpus.length);
  }

  #figuresLine(): string {
    const { runs, simulatedMs, operations, faults } = this.#tally;
    const { failed, troubles } = this.#findings;
    const seconds = Math.round(simulatedMs / 1_000);
    const bad = troubles.length === 0 ? "" : `, ${troubles.length} without a verdict`;
    return `${counted(runs, "run")}, ${counted(seconds, "simulated second")}, ${counted(operations, "operation")}, ${counted(faults, "fault")}, ${failed} failed${bad}`;
  }
}
