/**
 * `npm run sim -- --check-determinism`: every seed is run in a process that has run others before, and in
 * another one that has run others or none; what happened must be the same, event by event.
 */
import { Pool, PoolStoppedError } from "../workers/pool.ts";
import type { SimResult } from "../workers/lane.ts";
import { SIMULATOR_URLS } from "../workers/simulator.ts";
import { openProcess } from "../workers/transport.ts";
import { commitOfCheckout } from "./commit.ts";
import type { SimFlags } from "./flags.ts";
import { EXIT_FAIL, EXIT_NO_VERDICT, EXIT_PASS, type SimIo } from "./io.ts";
import { SimProgress } from "./sim-progress.ts";
import { type ComparedRun, differenceLines } from "./run-difference.ts";
import { counted } from "./verdict.ts";

/** How a run is told from others: its hash, or how and where it ended without one. */
type Ending = string;

/** What one process does, one after the other. */
interface Course {
  readonly seeds: readonly number[];
  readonly endings: Map<number, Ending>;
}

interface Difference {
  readonly seed: number;
  readonly ran: Course;
  readonly ranToo: Course;
}

export async function checkDeterminism(flags: SimFlags, io: SimIo): Promise<number> {
  const pools = new Set<Pool>();
  const openPool = (): Pool => {
    const pool = new Pool(1, {
      open: openProcess,
      urls: io.simulator ?? SIMULATOR_URLS,
      mutant: flags.mutant,
      limitMs: flags.seedLimitMs,
    });
    pools.add(pool);
    return pool;
  };
  const stopAll = async (): Promise<void> => {
    await Promise.all([...pools].map((pool) => pool.stop()));
  };
  const stop = (): void => void stopAll();
  io.end.addEventListener("abort", stop, { once: true });
  try {
    return await new DeterminismCheck(flags, io, openPool).run();
  } catch (error) {
    if (!(error instanceof PoolStoppedError)) throw error;
    io.stderr.write("Broken off: no verdict.\n");
    return EXIT_NO_VERDICT;
  } finally {
    io.end.removeEventListener("abort", stop);
    await stopAll();
  }
}

class DeterminismCheck {
  readonly #flags: SimFlags;
  readonly #io: SimIo;
  readonly #openPool: () => Pool;
  readonly #startMs = performance.now();
  #runs = 0;

  constructor(flags: SimFlags, io: SimIo, openPool: () => Pool) {
    this.#flags = flags;
    this.#io = io;
    this.#openPool = openPool;
  }

  async run(): Promise<number> {
    const { from, jobs } = this.#flags;
    const seeds = this.#seeds();
    const pairs = pairsOf(seeds, Math.max(1, Math.floor(jobs / 2)));
    const total = pairs.reduce((sum, pair) => sum + pair[0].seeds.length + pair[1].seeds.length, 0);
    this.#io.stderr.write(`Running ${counted(seeds.length, "seed")} from ${from} twice\n`);
    const progress = new SimProgress(this.#io.stderr, () => ({
      phase: "comparing traces",
      share: this.#runs / total,
      figures: `${this.#runs} of ${counted(total, "run")}`,
      elapsedMs: performance.now() - this.#startMs,
    }));
    try {
      await Promise.all(pairs.flat().map((course) => this.#runCourse(course)));
    } finally {
      progress.end();
    }
    return await this.#conclude(seeds, pairs);
  }

  #seeds(): number[] {
    const { from, seeds: count } = this.#flags;
    return Array.from({ length: count }, (_, index) => from + index);
  }

  async #runCourse({ seeds, endings }: Course): Promise<void> {
    const pool = this.#openPool();
    for (const seed of seeds) {
      endings.set(seed, endingOf(await pool.run({ seed })));
      this.#runs++;
    }
    await pool.stop();
  }

  async #conclude(
    seeds: readonly number[],
    pairs: readonly (readonly [Course, Course])[],
  ): Promise<number> {
    const differences: Difference[] = [];
    const escapes: string[] = [];
    const without: string[] = [];
    let hashed = 0;
    for (const [ran, ranToo] of pairs) {
      for (const seed of ranToo.seeds) {
        const [one = "", other = ""] = [ran.endings.get(seed), ranToo.endings.get(seed)];
        if (one !== other) differences.push({ seed, ran, ranToo });
        else if (one.startsWith("escape")) escapes.push(`seed ${seed}: ${one}`);
        else if (one.startsWith("hash")) hashed++;
        else without.push(`seed ${seed}: ${one}`);
      }
    }
    const lines = [
      ...differences.map(
        ({ seed, ran, ranToo }) =>
          `DIFFERENT  seed ${seed}: ${ran.endings.get(seed)} after other seeds, ${ranToo.endings.get(seed)} in another process`,
      ),
      ...escapes.map((each) => `ESCAPED    ${each}`),
      ...without.map((each) => `NO TRACE   ${each}`),
    ];
    const [first] = differences;
    const told = first === undefined ? [] : await this.#explain(first);
    lines.push(...told);
    const failed = differences.length + escapes.length;
    const verdict = failed > 0 ? "fail" : hashed === seeds.length ? "pass" : "unknown";
    lines.push(
      `${verdict.toUpperCase()}  ${counted(seeds.length, "seed")} from ${this.#flags.from}, each in two processes: ` +
        `${hashed} the same, ${differences.length} different, ${escapes.length} used what no Env gave, ` +
        `${without.length} without a trace`,
    );
    const { stdout, stderr } = this.#io;
    (this.#flags.json ? stderr : stdout).write(`${lines.join("\n")}\n`);
    if (this.#flags.json) {
      const different = differences.map(({ seed }) => seed);
      const commit = commitOfCheckout();
      const found = {
        commit,
        verdict,
        seeds: seeds.length,
        same: hashed,
        different,
        escapes,
        told,
      };
      stdout.write(`${JSON.stringify(found)}\n`);
    }
    if (failed > 0) return EXIT_FAIL;
    return verdict === "pass" ? EXIT_PASS : EXIT_NO_VERDICT;
  }

  /** Both processes once more, as far as the seed, which is traced this time. */
  async #explain({ seed, ran, ranToo }: Difference): Promise<string[]> {
    this.#io.stderr.write(`Running seed ${seed} again, as both processes did, with its trace …\n`);
    const [one, other] = await Promise.all([
      this.#again(seed, ran.seeds),
      this.#again(seed, ranToo.seeds),
    ]);
    if (one === null || other === null) return ["This time it gave no trace."];
    return differenceLines(one, other);
  }

  async #again(seed: number, course: readonly number[]): Promise<ComparedRun | null> {
    const pool = this.#openPool();
    for (const before of course.slice(0, course.indexOf(seed))) await pool.run({ seed: before });
    const result = await pool.run({ seed, evidence: true });
    await pool.stop();
    if (result.type !== "ended" || result.trace === null) return null;
    const { trace, history, summary } = result;
    return { trace, history, checks: summary.checks };
  }
}

/**
 * Each part of the seeds is run upwards in one process, after a seed that is none of them, and downwards
 * in another one.
 */
function pairsOf(seeds: readonly number[], parts: number): [Course, Course][] {
  const size = Math.ceil(seeds.length / parts);
  const pairs: [Course, Course][] = [];
  for (let from = 0; from < seeds.length; from += size) {
    const part = seeds.slice(from, from + size);
    const before = (part.at(-1) ?? 0) + 1;
    pairs.push([
      { seeds: [before, ...part], endings: new Map() },
      { seeds: part.toReversed(), endings: new Map() },
    ]);
  }
  return pairs;
}

function endingOf(result: SimResult): Ending {
  switch (result.type) {
    case "ended":
      return `hash ${result.summary.traceHash}`;
    case "threw":
      return `${result.isEscape ? "escape" : "threw"}: ${result.error.split("\n")[0]}`;
    case "hung":
      return "hung";
    case "died":
      return "died";
  }
}
