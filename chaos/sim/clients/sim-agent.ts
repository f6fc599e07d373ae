/** A client that runs a recipe over and over: waits for a lock or an office, has it for a while, rests. */
import { LoadClient } from "../../../loadgen/load-client.ts";
import { Candidacy } from "../../../loadgen/recipes/election.ts";
import type { FencedResource } from "../../../loadgen/recipes/fenced-resource.ts";
import { Lock } from "../../../loadgen/recipes/lock.ts";
import type { Recorder } from "../../../loadgen/recorder.ts";
import type { SimAgent } from "../plan.ts";
import type { SimClient } from "./sim-client.ts";
import { SIM_ROOT } from "./to-request.ts";

/** How often the holder writes to what the lock protects while it has it. */
const WRITES_PER_HOLD = 3;
/** One that stalls at all does so in every so many-th of its holds. */
const STALL_EVERY = 3;

export class Agent {
  readonly #plan: SimAgent;
  readonly #client: SimClient;
  readonly #recorder: Recorder;
  readonly #resource: FencedResource;
  #zk: LoadClient | null = null;
  #stopped = false;
  #holds = 0;

  /** The resource is what all agents of the same lock write to. */
  constructor(plan: SimAgent, client: SimClient, recorder: Recorder, resource: FencedResource) {
    this.#plan = plan;
    this.#client = client;
    this.#recorder = recorder;
    this.#resource = resource;
  }

  begin(): void {
    void this.#live();
  }

  /** Closes the session, and with it what it holds. */
  stop(): void {
    this.#stopped = true;
    void this.#zk?.close();
  }

  async #live(): Promise<void> {
    while (!this.#stopped) {
      this.#zk = this.#client.client;
      if (this.#plan.recipe === "lock") await this.#lock(this.#zk);
      else await this.#office(this.#zk);
      await this.#pause(this.#plan.restMs);
    }
  }

  async #lock(client: LoadClient): Promise<void> {
    const path = SIM_ROOT + this.#plan.resource;
    const lock = new Lock(this.#client.env, this.#recorder, client, path, this.#resource);
    if ((await lock.acquire()) === null) return;
    for (let left = WRITES_PER_HOLD; left > 0 && !this.#stopped; left--) {
      lock.write();
      if (left === WRITES_PER_HOLD) this.#stall();
      await this.#pause(this.#plan.holdMs / WRITES_PER_HOLD);
    }
    await lock.release();
  }

  async #office(client: LoadClient): Promise<void> {
    const path = SIM_ROOT + this.#plan.resource;
    const candidacy = new Candidacy(this.#client.env, this.#recorder, client, path);
    if ((await candidacy.campaign()) === null) return;
    await this.#pause(this.#plan.holdMs);
    await candidacy.resign();
  }

  /** The whole process stands still; its timers and what it is sent come late. */
  #stall(): void {
    const { stallMs } = this.#plan;
    const { host } = this.#client;
    if (stallMs === undefined || ++this.#holds % STALL_EVERY !== 0) return;
    host.world.count("agent: stalled");
    host.pause();
    host.world.after(stallMs, null, () => host.resume());
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.#client.env.timers.after(delayMs, resolve));
  }
}
