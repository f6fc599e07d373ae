/**
 * The last words of a run, and the proof that they were heard: when the load has ended, one client per
 * server writes and reads; then all servers are killed at once and started again; then the same
 * sessions read. Whatever was acknowledged last must still be there.
 */
import { LoadClient } from "../../loadgen/load-client.ts";
import type { Recorder } from "../../loadgen/recorder.ts";
import { OPEN_ACL } from "../../loadgen/client/request-op.ts";
import type { ServerAddress } from "../../loadgen/client/server-rotation.ts";
import type { SeededRandom } from "../../loadgen/seeded-random.ts";
import type { Env } from "../../server/env.ts";

const ROOT = "/canary";
const VALUE_BYTES = 64;
/** Long enough to outlive the restart of all servers, in every configuration that allows it. */
const SESSION_TIMEOUT_MS = 30_000;
const EPHEMERAL = 1;
/** How long the clients may take to find servers that serve; beyond it the words are not said. */
const CONNECT_MAX_MS = 10_000;

export class Canary {
  readonly #clients: readonly LoadClient[];
  readonly #env: Env;

  constructor(
    env: Env,
    servers: readonly ServerAddress[],
    recorder: Recorder,
    random: SeededRandom,
    firstNumber: number,
  ) {
    this.#env = env;
    this.#clients = servers.map(({ id }, index) => {
      const client = new LoadClient({
        env,
        servers,
        recorder,
        random: random.fork(`canary ${id}`),
        number: firstNumber + index,
        workload: "canary",
        firstServer: id,
        sessionTimeoutMs: SESSION_TIMEOUT_MS,
      });
      client.zk.connect();
      return client;
    });
  }

  /** Writes through every server; the last write comes last of all. False: no server took them. */
  async write(): Promise<boolean> {
    if (!(await this.#connected())) return false;
    await this.#create(this.#clients[0], ROOT, 0);
    for (const [index, client] of this.#clients.entries()) {
      await this.#create(client, this.#path(index), 0);
      await this.#create(client, `${this.#path(index)}-alive`, EPHEMERAL);
      const data = client.value(VALUE_BYTES);
      await client.ask({ type: "setData", path: this.#path(index), data, version: -1 });
    }
    return true;
  }

  /**
   * Reads everything that was written, with the same sessions, by way of every server. False: no
   * server took them back.
   */
  async read(): Promise<boolean> {
    if (!(await this.#connected())) return false;
    for (const client of this.#clients) {
      await client.ask({ type: "sync", path: ROOT });
      await client.ask({ type: "getChildren2", path: ROOT, watch: false });
      for (const [index] of this.#clients.entries())
        await client.ask({ type: "getData", path: this.#path(index), watch: false });
    }
    return true;
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  /** Lets go without a word, as when the run is broken off. */
  abandon(): void {
    for (const client of this.#clients) client.zk.abandon();
  }

  async #connected(): Promise<boolean> {
    const settled = Promise.all(this.#clients.map((client) => client.settled())).then(() => true);
    const late = new Promise<boolean>((resolve) => {
      this.#env.timers.after(CONNECT_MAX_MS, () => resolve(false));
    });
    const inTime = await Promise.race([settled, late]);
    return inTime && this.#clients.every((client) => client.zk.connected);
  }

  #path(index: number): string {
    return `${ROOT}/${index + 1}`;
  }

  async #create(client: LoadClient | undefined, path: string, flags: number): Promise<void> {
    const data = client?.value(VALUE_BYTES) ?? null;
    await client?.ask({ type: "create", path, data, acl: OPEN_ACL, flags });
  }
}
