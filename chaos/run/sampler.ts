/**
 * Asks every server what it is, many times a second, past all proxies: who leads, what is applied and
 * committed, how elections went. What the checkers conclude from it holds because each answer is
 * bracketed by the times at which it was asked for and came.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { ServerSample } from "../../results/history.ts";
import type { ElectionFigures } from "../../results/schema.ts";
import type { ServerStatus } from "../../server/http/view.ts";
import type { LocalEnsemble } from "../engines/local.ts";

const INTERVAL_MS = 40;

export class Sampler {
  readonly samples: ServerSample[] = [];
  readonly #ensemble: LocalEnsemble;
  readonly #nowMs: () => number;
  readonly #elections = new Map<string, ElectionFigures>();
  readonly #latest = new Map<number, ServerSample>();
  readonly #end = new AbortController();
  readonly #loops: Promise<void>[] = [];

  constructor(ensemble: LocalEnsemble, nowMs: () => number) {
    this.#ensemble = ensemble;
    this.#nowMs = nowMs;
  }

  start(): void {
    for (const { id } of this.#ensemble.servers) this.#loops.push(this.#watch(id));
  }

  async stop(): Promise<void> {
    this.#end.abort();
    await Promise.all(this.#loops);
  }

  /** Every election that a server told of, in the order of time. */
  get elections(): ElectionFigures[] {
    return [...this.#elections.values()].sort((a, b) => a.atMs - b.atMs);
  }

  /** The serving leader of the highest epoch, as of the latest samples. */
  get leader(): ServerSample | null {
    let leader: ServerSample | null = null;
    for (const sample of this.#latest.values())
      if (sample.state === "LEADING" && sample.serving && sample.epoch > (leader?.epoch ?? -1))
        leader = sample;
    return leader;
  }

  async #watch(id: number): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      const sentMs = this.#nowMs();
      try {
        const status = await this.#ensemble.admin(id).status();
        this.#take(status, sentMs, this.#nowMs());
      } catch {
        // Killed, or not up again yet: that it does not answer is what there is to say of it.
        this.#latest.delete(id);
      }
      await pause(INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  #take(status: ServerStatus, sentMs: number, receivedMs: number): void {
    const { server, state, epoch, appliedZxid, committedZxid, serving } = status;
    const sample: ServerSample = {
      server,
      sentMs,
      receivedMs,
      state,
      epoch,
      appliedZxid,
      committedZxid,
      serving,
    };
    this.samples.push(sample);
    this.#latest.set(server, sample);
    const wallOffsetMs = Date.now() - this.#nowMs();
    for (const { atWallMs, ...election } of status.elections) {
      const key = `${election.server} ${election.epoch} ${atWallMs}`;
      if (!this.#elections.has(key))
        this.#elections.set(key, { ...election, atMs: Math.max(0, atWallMs - wallOffsetMs) });
    }
  }
}
