import type { LoadClient } from "../load-client.ts";
import { Candidacy } from "../recipes/election.ts";
import { allConnected, ensureZnodes, pause } from "./lifecycle.ts";
import { UNSCHEDULED, type Workload, type WorkloadContext } from "./workload.ts";

/** Candidates for one office: the leader resigns after its term and stands again. */
export interface LeaderElectionSpec {
  readonly kind: "leader-election";
  readonly candidates: number;
  readonly termMs: number;
  readonly sessionTimeoutMs: number;
}

export const LEADER_ELECTION: LeaderElectionSpec = {
  kind: "leader-election",
  candidates: 5,
  termMs: 200,
  sessionTimeoutMs: 6000,
};

export class LeaderElection implements Workload {
  readonly #spec: LeaderElectionSpec;
  readonly #context: WorkloadContext;
  readonly #clients: readonly LoadClient[];
  readonly #candidacies: readonly Candidacy[];
  readonly #office: string;
  #running = false;
  #begun = false;
  #stopped = false;
  #wake: (() => void)[] = [];
  readonly lateness = UNSCHEDULED;

  constructor(spec: LeaderElectionSpec, context: WorkloadContext) {
    this.#spec = spec;
    this.#context = context;
    this.#office = `${context.root}/office`;
    const { sessionTimeoutMs } = spec;
    this.#clients = Array.from({ length: spec.candidates }, () =>
      context.open({ renewSession: true, sessionTimeoutMs }),
    );
    const { env, recorder } = context;
    this.#candidacies = this.#clients.map(
      (client) => new Candidacy(env, recorder, client, this.#office),
    );
    context.recorder.leadership.participants += spec.candidates;
    context.recorder.leadership.resources += 1;
  }

  async setup(): Promise<void> {
    await allConnected(this.#clients);
    await ensureZnodes(this.#context.env, this.#clients[0] as LoadClient, [this.#office]);
  }

  begin(): void {
    this.#running = true;
    for (const wake of this.#wake.splice(0)) wake();
    if (this.#begun) return;
    this.#begun = true;
    for (const candidacy of this.#candidacies) void this.#stand(candidacy);
  }
  pause(): void {
    this.#running = false;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.pause();
    for (const wake of this.#wake.splice(0)) wake();
    await Promise.all(this.#candidacies.map((candidacy) => candidacy.withdraw()));
    await Promise.all(this.#clients.map((client) => client.idle()));
  }

  /** One candidate's life; it ends when the workload stops. */
  async #stand(candidacy: Candidacy): Promise<void> {
    const { env } = this.#context;
    while (!this.#stopped) {
      if (!this.#running) {
        await new Promise<void>((resolve) => void this.#wake.push(resolve));
        continue;
      }
      if ((await candidacy.campaign()) === null) continue;
      await pause(env, this.#spec.termMs);
      await candidacy.resign();
    }
  }
}
