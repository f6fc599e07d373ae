/**
 * Strangers at the client port of an ensemble, for a time: no server may stop, hang, or grow, and no
 * other session may notice. Each case is drawn from the seed and its number alone.
 */
import type { Socket } from "node:net";
import { usageOf } from "../../../loadgen/bench/process-usage.ts";
import { SeededRandom } from "../../../loadgen/seeded-random.ts";
import type { RunningTarget } from "../../../loadgen/targets/target.ts";
import { Bystander } from "./bystander.ts";
import { drawCase, type FuzzCase } from "./cases.ts";
import { play } from "./stranger.ts";

export interface FuzzOptions {
  readonly target: RunningTarget;
  readonly seed: number;
  /** Cases are begun until then. */
  readonly durationMs: number;
  /** The number of the first case; with `cases` 1 it is the one that is replayed. */
  readonly first?: number;
  /** At most as many cases. */
  readonly cases?: number;
  readonly signal: AbortSignal;
  readonly progress?: (cases: number) => void;
}

export interface FuzzReport {
  readonly cases: number;
  /** How cases ended, by kind and end. */
  readonly ends: ReadonlyMap<string, number>;
  /** What must not have happened; empty is good. */
  readonly problems: readonly string[];
  /** The least resident memory of all servers together in each tenth of the run, bytes. */
  readonly memory: readonly number[];
}

/** A server that says nothing for so long hangs. */
const PATIENCE_MS = 10_000;
const LEFT_MAX = 40;
const AT_ONCE = 4;
const CASES_PER_LOOK = 50;
/** Strangers leave znodes, and a garbage collector takes its time: below it growth says nothing. */
const GROWTH_MAX = 1.5;
const GROWTH_FLOOR_BYTES = 96 * 1024 * 1024;

/** Problems are reported, not thrown; throws only the signal's reason. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const run = new FuzzRun(options);
  await run.begin();
  try {
    await run.all();
    await run.end();
  } catch (error) {
    options.signal.throwIfAborted();
    run.problem((error as Error).message);
  } finally {
    run.abandon();
  }
  return run.report();
}

class FuzzRun {
  readonly #options: FuzzOptions;
  readonly #ends = new Map<string, number>();
  readonly #problems: string[] = [];
  readonly #left: Socket[] = [];
  readonly #memory: { atMs: number; bytes: number }[] = [];
  readonly #beginMs = performance.now();
  #bystanders: readonly Bystander[] = [];
  #cases = 0;

  constructor(options: FuzzOptions) {
    this.#options = options;
  }

  async begin(): Promise<void> {
    this.#bystanders = await Promise.all(
      this.#options.target.servers.map(({ port }, index) =>
        Bystander.open(port, `${index + 1}-${this.#options.seed}`, PATIENCE_MS),
      ),
    );
    await this.#look();
  }

  async all(): Promise<void> {
    const { durationMs, cases = Number.POSITIVE_INFINITY, signal } = this.#options;
    while (this.#elapsedMs() < durationMs && this.#cases < cases && this.#problems.length === 0) {
      signal.throwIfAborted();
      const batch = Math.min(AT_ONCE, cases - this.#cases);
      await Promise.all(Array.from({ length: batch }, () => this.#one(this.#cases++)));
      if (this.#cases % CASES_PER_LOOK < batch) await this.#look();
      this.#options.progress?.(this.#cases);
    }
  }

  /** The strangers are gone: what they held must be free again. */
  async end(): Promise<void> {
    await this.#look();
    for (const socket of this.#left.splice(0)) socket.destroy();
    await this.#connectionsEnd();
    for (const bystander of this.#bystanders) await bystander.close();
    const [first, last] = [this.#leastMemory(3, 5), this.#leastMemory(8, 10)];
    if (first !== null && last !== null && last > GROWTH_MAX * first + GROWTH_FLOOR_BYTES) {
      this.problem(`the servers' memory grew from ${first} to ${last} bytes`);
    }
  }

  abandon(): void {
    for (const socket of this.#left) socket.destroy();
    for (const bystander of this.#bystanders) bystander.abandon();
  }

  problem(text: string): void {
    this.#problems.push(text);
  }

  report(): FuzzReport {
    const memory = Array.from({ length: 10 }, (_, tenth) => this.#leastMemory(tenth, tenth + 1));
    return {
      cases: this.#cases,
      ends: this.#ends,
      problems: this.#problems,
      memory: memory.filter((bytes) => bytes !== null),
    };
  }

  async #one(index: number): Promise<void> {
    const { seed, first = 0, target } = this.#options;
    const number = first + index;
    const random = new SeededRandom(seed).fork(`case ${number}`);
    const server = target.servers[random.below(target.servers.length)];
    if (server === undefined) throw new Error("an ensemble without servers");
    const what = drawCase(random);
    const { end, socket } = await play(server.port, what, PATIENCE_MS);
    const key = `${what.kind}, ${what.ending}: ${end}`;
    this.#ends.set(key, (this.#ends.get(key) ?? 0) + 1);
    if (end === "hung" || end === "refused") {
      this.problem(`case ${number} (${what.kind}, ${what.ending}) ${end}: ${shown(what)}`);
    }
    if (socket === null) return;
    this.#left.push(socket);
    if (this.#left.length > LEFT_MAX) this.#left.shift()?.destroy();
  }

  async #look(): Promise<void> {
    const { pids, servers } = this.#options.target;
    if (pids.length < servers.length) {
      this.problem(`${servers.length - pids.length} server(s) have stopped`);
      return;
    }
    for (const bystander of this.#bystanders) await bystander.look();
    const usage = usageOf(pids);
    if (usage) this.#memory.push({ atMs: this.#elapsedMs(), bytes: usage.rssBytes });
  }

  async #connectionsEnd(): Promise<void> {
    const deadlineMs = performance.now() + PATIENCE_MS;
    for (const [index, { host, port }] of this.#options.target.admin.entries()) {
      for (;;) {
        const text = await (await fetch(`http://${host}:${port}/metrics`)).text();
        const open = metric(text, "num_alive_connections");
        const outstanding = metric(text, "outstanding_requests");
        if (open <= 1 && outstanding === 0) break;
        if (performance.now() > deadlineMs) {
          this.problem(`server ${index + 1} keeps ${open} connections, ${outstanding} requests`);
          break;
        }
        await new Promise((resolve) => {
          setTimeout(resolve, 50);
        });
      }
    }
  }

  #leastMemory(fromTenth: number, toTenth: number): number | null {
    const total = this.#elapsedMs();
    const within = this.#memory.filter(({ atMs }) => {
      const tenth = (atMs / total) * 10;
      return tenth >= fromTenth && tenth < toTenth;
    });
    return within.length === 0 ? null : Math.min(...within.map(({ bytes }) => bytes));
  }

  #elapsedMs(): number {
    return performance.now() - this.#beginMs;
  }
}

function metric(text: string, name: string): number {
  const line = text.split("\n").find((each) => each.startsWith(`${name} `));
  return line === undefined ? Number.NaN : Number(line.slice(name.length + 1));
}

const SHOWN_BYTES_MAX = 200;

function shown({ chunks }: FuzzCase): string {
  const bytes = Buffer.concat([...chunks]);
  const hex = bytes.subarray(0, SHOWN_BYTES_MAX).toString("hex");
  return bytes.length > SHOWN_BYTES_MAX ? `${hex}… (${bytes.length} bytes)` : hex;
}
