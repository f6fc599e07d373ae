/**
 * A client that writes on, whatever happens to the servers: it goes to the next one when its connection
 * breaks, repeats what got no answer, and knows which of its writes were acknowledged.
 */
import { ErrorCode } from "../errors.ts";
import { RawClient } from "./raw-client.ts";
import { create, exists } from "./requests.ts";

const RETRY_MS = 10;

export class SteadyWriter {
  /** Paths of writes that were acknowledged. */
  readonly acknowledged: string[] = [];
  /** Codes of replies that were errors. */
  readonly errors: number[] = [];
  reconnects = 0;
  /** Where it connects; may be changed at any time. */
  ports: readonly number[];
  readonly #name: string;
  #client: RawClient | null = null;
  #ending = false;
  #next = 0;
  readonly #done: Promise<void>;

  /** Begins to write `/NAME-0`, `/NAME-1`, … */
  constructor(name: string, ports: readonly number[]) {
    this.#name = name;
    this.ports = ports;
    this.#done = this.#run();
  }

  /** Stops writing, when the last write is answered. */
  async end(): Promise<void> {
    this.#ending = true;
    await this.#done;
    this.#client?.destroy();
  }

  /** Resolves when so many more writes are acknowledged. */
  async more(count: number): Promise<void> {
    const goal = this.acknowledged.length + count;
    while (this.acknowledged.length < goal) await pause();
  }

  /** Which of the acknowledged writes a server does not have. */
  async missingAt(port: number): Promise<readonly string[]> {
    const { client } = await RawClient.open(port);
    const missing: string[] = [];
    await client.call({ type: "sync", path: "/" });
    for (const path of this.acknowledged)
      if ((await client.call(exists(path))).err !== 0) missing.push(path);
    client.destroy();
    return missing;
  }

  async #run(): Promise<void> {
    for (let number = 0; !this.#ending; number++) {
      const path = `/${this.#name}-${number}`;
      const code = await this.#write(path);
      // What got no answer may have been done: then the repetition finds it.
      if (code === ErrorCode.Ok || code === ErrorCode.NodeExists) this.acknowledged.push(path);
      else if (code !== null) this.errors.push(code);
    }
  }

  /** Null when the end came first. */
  async #write(path: string): Promise<number | null> {
    for (;;) {
      try {
        this.#client ??= await this.#connect();
        return (await this.#client.call(create(path))).err;
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        this.#client?.destroy();
        this.#client = null;
        this.reconnects++;
        if (this.#ending) return null;
        await pause();
      }
    }
  }

  async #connect(): Promise<RawClient> {
    const port = this.ports[this.#next++ % this.ports.length] as number;
    return (await RawClient.open(port)).client;
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, RETRY_MS));
}
