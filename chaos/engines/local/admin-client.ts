/**
 * Questions to a server's admin port. It is never proxied: what it answers is true whatever faults are
 * in force. Every question has a time limit, since a paused server accepts and never answers.
 */
import { Agent, get } from "node:http";
import type { HotZnode, ServerFinalState, ServerStatus } from "../../../server/http/view.ts";

const ANSWER_TIMEOUT_MS = 1_000;
/** The final state of a big tree takes its time. */
const FINAL_TIMEOUT_MS = 30_000;
const ANSWER_MAX_BYTES = 256 * 1024 * 1024;

// A connection per question: one that was kept could be a dead server's.
const agent = new Agent({ keepAlive: false });

export class AdminClient {
  /** `host:port`. */
  readonly address: string;

  constructor(address: string) {
    this.address = address;
  }

  async status(timeoutMs = ANSWER_TIMEOUT_MS): Promise<ServerStatus> {
    return (await this.#json("/commands/status", timeoutMs)) as ServerStatus;
  }

  async finalState(): Promise<ServerFinalState> {
    return (await this.#json("/commands/final", FINAL_TIMEOUT_MS)) as ServerFinalState;
  }

  async hotZnodes(limit: number): Promise<readonly HotZnode[]> {
    const answer = await this.#json(`/commands/hot?limit=${limit}`, ANSWER_TIMEOUT_MS);
    return (answer as { znodes: readonly HotZnode[] }).znodes;
  }

  /** The text of /metrics, in Prometheus' format. */
  metrics(): Promise<string> {
    return this.#text("/metrics", ANSWER_TIMEOUT_MS);
  }

  async #json(path: string, timeoutMs: number): Promise<unknown> {
    return JSON.parse(await this.#text(path, timeoutMs)) as unknown;
  }

  #text(path: string, timeoutMs: number): Promise<string> {
    const url = `http://${this.address}${path}`;
    return new Promise((resolve, reject) => {
      const fail = (reason: string): void => reject(new Error(`${url}: ${reason}`));
      const signal = AbortSignal.timeout(timeoutMs);
      const request = get(url, { agent, signal }, (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on("data", (chunk: Buffer) => {
          chunks.push(chunk);
          bytes += chunk.length;
          if (bytes > ANSWER_MAX_BYTES) request.destroy(new Error("the answer is too long"));
        });
        response.on("error", (error) => fail(error.message));
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          if (response.statusCode === 200) resolve(text);
          else fail(`answered ${response.statusCode}: ${text.slice(0, 200)}`);
        });
      });
      request.on("error", (error) => {
        fail(signal.aborted ? `no answer within ${timeoutMs} ms` : error.message);
      });
    });
  }
}
