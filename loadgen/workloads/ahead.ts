import { makeZxid, epochOf, type Zxid } from "../../server/ids.ts";
import type { LoadClient } from "../load-client.ts";
import { Schedule } from "../schedule.ts";
import { allConnected, drainAndClose, ensureZnodes } from "./lifecycle.ts";
import type { Workload, WorkloadContext } from "./workload.ts";

/**
 * A client that has seen a later state than any server has comes with its session to one server after
 * the other, as after a restore of old data, or from servers that are far ahead. Each must send it
 * away: whatever it showed that client would be older than what the client has seen. If it is let in
 * it reads, so that the history has the proof.
 */
export interface AheadSpec {
  readonly kind: "ahead";
  readonly triesPerSecond: number;
  /** How many epochs ahead the client is. */
  readonly epochs: number;
  readonly sessionTimeoutMs: number;
}

export const AHEAD: AheadSpec = {
  kind: "ahead",
  triesPerSecond: 2,
  epochs: 1000,
  sessionTimeoutMs: 6000,
};

export class Ahead implements Workload {
  readonly #spec: AheadSpec;
  readonly #context: WorkloadContext;
  /** Who really has the session. */
  readonly #owner: LoadClient;
  readonly #path: string;
  readonly #tries: Schedule;
  #turn = 0;
  #visitor: { readonly client: LoadClient; readonly gone: Promise<void> } | null = null;

  constructor(spec: AheadSpec, context: WorkloadContext) {
    this.#spec = spec;
    this.#context = context;
    const { sessionTimeoutMs } = spec;
    this.#owner = context.open({ renewSession: true, sessionTimeoutMs });
    this.#path = `${context.root}/a`;
    const arrivals = { kind: "constant", perSecond: spec.triesPerSecond } as const;
    this.#tries = new Schedule(context.env, arrivals, context.random, () => this.#visit());
  }

  get lateness(): Workload["lateness"] {
    return this.#tries.lateness;
  }

  async setup(): Promise<void> {
    await allConnected([this.#owner]);
    await ensureZnodes(this.#context.env, this.#owner, [this.#path]);
  }

  begin(): void {
    this.#tries.start();
  }
  pause(): void {
    this.#tries.stop();
  }
  async stop(): Promise<void> {
    this.pause();
    await this.#visitor?.gone;
    await drainAndClose([this.#owner]);
  }

  #visit(): void {
    if (this.#visitor !== null || !this.#owner.zk.connected) return;
    const { servers } = this.#context;
    const server = servers[this.#turn++ % servers.length];
    if (server === undefined) return;
    const { ticket } = this.#owner.zk;
    const lastZxid = makeZxid(epochOf(ticket.lastZxid as Zxid) + this.#spec.epochs, 1);
    const { sessionTimeoutMs } = this.#spec;
    const resume = { ...ticket, lastZxid };
    const client = this.#context.open({ resume, sessionTimeoutMs, servers: [server] });
    const gone = this.#follow(client).finally(() => {
      client.zk.abandon();
      this.#visitor = null;
    });
    this.#visitor = { client, gone };
  }

  /** Until the visitor was sent away, or has read what it should not see. */
  async #follow(client: LoadClient): Promise<void> {
    const letIn = await new Promise<boolean>((resolve) => {
      const { env } = this.#context;
      env.timers.after(this.#spec.sessionTimeoutMs / 2, () => resolve(false));
      client.observe({ handshake: ({ outcome }) => resolve(outcome === "ok") });
    });
    if (letIn) await client.ask({ type: "getData", path: this.#path, watch: false });
  }
}
