import type { Env } from "../../server/env.ts";
import type { Handovers } from "../handovers.ts";
import type { LoadClient } from "../load-client.ts";
import type { Recorder } from "../recorder.ts";
import { PlaceInLine } from "./place-in-line.ts";

export interface TenureOptions {
  readonly env: Env;
  readonly recorder: Recorder;
  readonly client: LoadClient;
  /** The znode below which the line forms; it must exist. It names the resource in the history. */
  readonly path: string;
  /** Where handovers of this kind of resource are measured. */
  readonly book: Handovers;
}

/**
 * A client's claim to something that one client has at a time: it stands in line, has it, lets go.
 * Every grant is recorded as the client believes it. It believes in it until it lets go or is told
 * that its session has expired; meanwhile others may have got it, which only a fencing token shows.
 */
export class Tenure {
  readonly #options: TenureOptions;
  #place: PlaceInLine | null = null;
  #token: number | null = null;
  #stopObserving = (): void => {};
  #claims = 0;
  #session = "0x0";

  constructor(options: TenureOptions) {
    this.#options = options;
  }

  /** The fencing token of what is held now; null when nothing is. */
  get token(): number | null {
    return this.#token;
  }

  /** Waits in line; the token once it is held, null when the session ended before. */
  async acquire(): Promise<number | null> {
    if (this.#place !== null) throw new Error(`${this.#options.path}: already in line`);
    const { env, client, path } = this.#options;
    const waitingSinceMs = this.#nowMs();
    const marker = `c${client.number}.${this.#claims++}`;
    const place = new PlaceInLine(env, client, path, marker);
    this.#place = place;
    const token = await place.first();
    if (token === null) {
      this.#place = null;
      return null;
    }
    this.#token = token;
    const { session } = client.zk;
    this.#session = session;
    this.#record("acquired", token, waitingSinceMs);
    this.#stopObserving = client.observe({
      session: (change) => {
        if (change.event === "expired" && change.session === session) this.#end("lost");
      },
    });
    return token;
  }

  /** Lets go by removing the znode. The belief ends at once, before the request is sent. */
  async release(): Promise<void> {
    const place = this.#place;
    this.#end("released");
    await place?.leave();
  }

  /** Lets go by closing the whole session, which takes the znode along; the client is then closed. */
  async releaseByClosing(): Promise<void> {
    this.#end("released");
    await this.#options.client.close();
  }

  #end(event: "released" | "lost"): void {
    this.#stopObserving();
    this.#place = null;
    const token = this.#token;
    this.#token = null;
    if (token !== null) this.#record(event, token, 0);
  }

  #record(event: "acquired" | "released" | "lost", token: number, waitingSinceMs: number): void {
    const { client, recorder, path, book } = this.#options;
    const record = {
      kind: "grant",
      client: client.number,
      session: this.#session,
      resource: path,
      event,
      token,
      atMs: this.#nowMs(),
    } as const;
    recorder.grant(record, book, waitingSinceMs);
  }

  #nowMs(): number {
    return this.#options.env.clock.nowMs() - this.#options.recorder.originMs;
  }
}
