import { OPEN_ACL } from "../client/request-op.ts";
import type { LoadClient } from "../load-client.ts";
import { Schedule } from "../schedule.ts";
import { allConnected, drainAndClose, ensureZnodes } from "./lifecycle.ts";
import type { Workload, WorkloadContext } from "./workload.ts";

/**
 * Short sessions: each creates an ephemeral znode and closes, some in one breath with the create, and
 * some vanish without a word, so that a server has to expire them. Another client lists and reads what
 * is there, so that an ephemeral that outlives its session, or ends before it, is seen.
 */
export interface ChurnSpec {
  readonly kind: "churn";
  readonly sessionsPerSecond: number;
  /** Short sessions alive at one time; more are not opened. */
  readonly aliveMax: number;
  readonly listsPerSecond: number;
  /** Every so many-th session asks for its close before its create was answered; 0: none. */
  readonly hastyEvery: number;
  /** Every so many-th session drops its connection and never comes back; 0: none. */
  readonly vanishEvery: number;
  readonly sessionTimeoutMs: number;
}

export const CHURN: ChurnSpec = {
  kind: "churn",
  sessionsPerSecond: 10,
  aliveMax: 50,
  listsPerSecond: 10,
  hastyEvery: 3,
  vanishEvery: 10,
  sessionTimeoutMs: 4000,
};

const EPHEMERAL_SEQUENTIAL = 3;

export class Churn implements Workload {
  readonly #spec: ChurnSpec;
  readonly #context: WorkloadContext;
  readonly #lister: LoadClient;
  readonly #parent: string;
  readonly #alive = new Set<LoadClient>();
  readonly #sessions: Schedule;
  readonly #lists: Schedule;
  /** The ends of the short sessions' lives. */
  readonly #lives = new Set<Promise<void>>();
  #turn = 0;

  constructor(spec: ChurnSpec, context: WorkloadContext) {
    this.#spec = spec;
    this.#context = context;
    const { env, random, root } = context;
    this.#parent = `${root}/sessions`;
    this.#lister = context.open({ renewSession: true });
    const opens = { kind: "poisson", perSecond: spec.sessionsPerSecond } as const;
    this.#sessions = new Schedule(env, opens, random.fork("sessions"), () => this.#open());
    const lists = { kind: "poisson", perSecond: spec.listsPerSecond } as const;
    this.#lists = new Schedule(env, lists, random.fork("lists"), (at) => this.#list(at));
  }

  get lateness(): Workload["lateness"] {
    return this.#lists.lateness;
  }

  async setup(): Promise<void> {
    await allConnected([this.#lister]);
    await ensureZnodes(this.#context.env, this.#lister, [this.#parent]);
  }

  begin(): void {
    this.#sessions.start();
    this.#lists.start();
  }
  pause(): void {
    this.#sessions.stop();
    this.#lists.stop();
  }
  async stop(): Promise<void> {
    this.pause();
    await Promise.all(this.#lives);
    await drainAndClose([this.#lister]);
  }

  #open(): void {
    if (this.#alive.size >= this.#spec.aliveMax) return;
    const client = this.#context.open({ sessionTimeoutMs: this.#spec.sessionTimeoutMs });
    this.#alive.add(client);
    const life = this.#live(client).finally(() => {
      this.#alive.delete(client);
      this.#lives.delete(life);
    });
    this.#lives.add(life);
  }

  async #live(client: LoadClient): Promise<void> {
    const path = `${this.#parent}/s${client.number}-`;
    const data = client.value(0);
    const flags = EPHEMERAL_SEQUENTIAL;
    const create = { type: "create", path, data, acl: OPEN_ACL, flags } as const;
    const { hastyEvery, vanishEvery } = this.#spec;
    const turn = ++this.#turn;
    if (hastyEvery > 0 && turn % hastyEvery === 0) {
      await client.settled();
      const asked = client.ask(create);
      await client.close();
      await asked;
      return;
    }
    const made = await client.ask(create);
    if (vanishEvery > 0 && turn % vanishEvery === 0) {
      client.zk.abandon();
      return;
    }
    if (made.outcome === "ok") {
      await client.ask({ type: "getData", path: made.path, watch: false });
    }
    await client.close();
  }

  #list(intendedMs: number): void {
    const read = { type: "getChildren2", path: this.#parent, watch: false } as const;
    this.#lister.run(
      read,
      (result) => {
        const names = result.children ?? [];
        const name = names[this.#context.random.below(Math.max(1, names.length))];
        if (name === undefined) return;
        this.#lister.run({ type: "getData", path: `${this.#parent}/${name}`, watch: false });
      },
      intendedMs,
    );
  }
}
