/**
 * Asks every server what it is, many times a second, past all proxies: who leads, what is applied and
 * committed, how elections went. What the checkers conclude from it holds because each answer is
 * bracketed by the times at which it was asked for and came.
 */
import type { ServerSample } from "../../results/history.ts";
import type { ElectionFigures } from "../../results/schema.ts";
import type { ServerStatus } from "../../server/http/view.ts";
import type { LocalEnsemble } from "../engines/local.ts";
import { PerServerLoop } from "./per-server-loop.ts";

const INTERVAL_MS = 40;

export class Sampler {
  readonly samples: ServerSample[] = [];
  readonly #ensemble: LocalEnsemble;
  readonly #nowMs: () => number;
  readonly #elections = new Map<string, ElectionFigures>();
  readonly #latest = new Map<number, ServerSample>();
  #loop: PerServerLoop | null = null;

  constructor(ensemble: LocalEnsemble, nowMs: () => number) {
    this.#ensemble = ensemble;
    this.#nowMs = nowMs;
  }

  start(): void {
    this.#loop = new PerServerLoop(
      this.#ensemble,
      INTERVAL_MS,
      async (id) => {
        const sentMs = this.#nowMs();
        const status = await this.#ensemble.admin(id).status();
        this.#take(status, sentMs, this.#nowMs());
      },
      (id) => this.#latest.delete(id),
    );
  }

  async stop(): Promise<void> {
    await this.#loop?.stop();
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
