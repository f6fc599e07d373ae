import type { LoadClient } from "../load-client.ts";
import { FencedResource } from "../recipes/fenced-resource.ts";
import { Lock } from "../recipes/lock.ts";
import { allConnected, ensureZnodes, pause } from "./lifecycle.ts";
import { UNSCHEDULED, type Workload, type WorkloadContext } from "./workload.ts";

/**
 * Clients that compete for locks: wait for one, write to what it protects, hold it for a while, let
 * it go by removing the znode, and now and then by closing the whole session.
 */
export interface LocksSpec {
  readonly kind: "locks";
  readonly clients: number;
  readonly locks: number;
  readonly holdMs: number;
  /** Every so many-th release closes the session and opens a new one; 0: never. */
  readonly closeEvery: number;
  readonly sessionTimeoutMs: number;
}

export const LOCKS: LocksSpec = {
  kind: "locks",
  clients: 12,
  locks: 3,
  holdMs: 20,
  closeEvery: 5,
  sessionTimeoutMs: 6000,
};

export class Locks implements Workload {
  readonly #spec: LocksSpec;
  readonly #context: WorkloadContext;
  readonly #paths: readonly string[];
  readonly #resources: readonly FencedResource[];
  /** The client of each competitor, and the lock it has or waits for. */
  readonly #clients: LoadClient[];
  readonly #locks: (Lock | null)[];
  #running = false;
  #begun = false;
  #stopped = false;
  #wake: (() => void)[] = [];
  readonly lateness = UNSCHEDULED;

  constructor(spec: LocksSpec, context: WorkloadContext) {
    this.#spec = spec;
    this.#context = context;
    const { env, recorder, root } = context;
    this.#paths = Array.from({ length: spec.locks }, (_, index) => `${root}/lock${index}`);
    this.#resources = this.#paths.map((path) => new FencedResource(env, recorder, path));
    this.#clients = Array.from({ length: spec.clients }, () => this.#open());
    this.#locks = this.#clients.map(() => null);
    recorder.locks.participants += spec.clients;
    recorder.locks.resources += spec.locks;
  }

  async setup(): Promise<void> {
    await allConnected(this.#clients);
    await ensureZnodes(this.#context.env, this.#clients[0] as LoadClient, this.#paths);
  }

  begin(): void {
    this.#running = true;
    for (const wake of this.#wake.splice(0)) wake();
    if (this.#begun) return;
    this.#begun = true;
    for (let index = 0; index < this.#clients.length; index++) void this.#compete(index);
  }
  pause(): void {
    this.#running = false;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.pause();
    for (const wake of this.#wake.splice(0)) wake();
    await Promise.all(
      this.#clients.map(
        (client, index) => this.#locks[index]?.releaseByClosing() ?? client.close(),
      ),
    );
    await Promise.all(this.#clients.map((client) => client.idle()));
  }

  #open(): LoadClient {
    const { sessionTimeoutMs } = this.#spec;
    return this.#context.open({ renewSession: true, sessionTimeoutMs });
  }

  /** One competitor's life; it ends when the workload stops. */
  async #compete(index: number): Promise<void> {
    const { env, recorder, random } = this.#context;
    for (let releases = 1; !this.#stopped;) {
      if (!this.#running) {
        await new Promise<void>((resolve) => void this.#wake.push(resolve));
        continue;
      }
      const which = random.below(this.#paths.length);
      const client = this.#clients[index] as LoadClient;
      const path = this.#paths[which] as string;
      const resource = this.#resources[which] as FencedResource;
      const lock = new Lock(env, recorder, client, path, resource);
      this.#locks[index] = lock;
      if ((await lock.acquire()) === null) continue;
      lock.write();
      await pause(env, this.#spec.holdMs);
      lock.write();
      if (this.#stopped) return;
      const { closeEvery } = this.#spec;
      if (closeEvery > 0 && releases++ % closeEvery === 0) {
        await lock.releaseByClosing();
        if (this.#stopped) return;
        this.#clients[index] = this.#open();
      } else {
        await lock.release();
      }
      this.#locks[index] = null;
    }
  }
}
