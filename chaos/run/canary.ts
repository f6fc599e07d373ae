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

export class Canary {
  readonly #clients: readonly LoadClient[];

  constructor(
    env: Env,
    servers: readonly ServerAddress[],
    recorder: Recorder,
    random: SeededRandom,
    firstNumber: number,
  ) {
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

  /** Writes through every server, and reads each other's writes; the last write comes last of all. */
  async write(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.settled()));
    await this.#create(this.#clients[0], ROOT, 0);
    for (const [index, client] of this.#clients.entries()) {
      await this.#create(client, this.#path(index), 0);
      await this.#create(client, `${this.#path(index)}-alive`, EPHEMERAL);
      const data = client.value(VALUE_BYTES);
      await client.ask({ type: "setData", path: this.#path(index), data, version: -1 });
    }
  }

  /** Reads everything that was written, with the same sessions, by way of every server. */
  async read(): Promise<void> {
    for (const client of this.#clients) {
      await client.settled();
      await client.ask({ type: "sync", path: ROOT });
      await client.ask({ type: "getChildren2", path: ROOT, watch: false });
      for (const [index] of this.#clients.entries())
        await client.ask({ type: "getData", path: this.#path(index), watch: false });
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  /** Lets go without a word, as when the run is broken off. */
  abandon(): void {
    for (const client of this.#clients) client.zk.abandon();
  }

  #path(index: number): string {
    return `${ROOT}/${index + 1}`;
  }

  async #create(client: LoadClient | undefined, path: string, flags: number): Promise<void> {
    const data = client?.value(VALUE_BYTES) ?? null;
    await client?.ask({ type: "create", path, data, acl: OPEN_ACL, flags });
  }
}
