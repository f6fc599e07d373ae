import type { Env } from "../../server/env.ts";
import { ErrorCode } from "../../server/errors.ts";
import { OPEN_ACL, type ClientRequest, type OpResult } from "../client/request-op.ts";
import type { LoadClient } from "../load-client.ts";

const EPHEMERAL_SEQUENTIAL = 3;
const SEQUENCE_DIGITS = 10;
/** Before something that failed without a reason to expect otherwise is tried again. */
const RETRY_MS = 10;

/**
 * A place in a line of clients: an ephemeral sequential znode below `parent`. The one with the lowest
 * number is first; each watches the one before it only, so that a departure wakes one client
 * (ZooKeeper's recipes: locks, leader election).
 *
 * A place belongs to the session that took it and ends with it. The name begins with a marker that is
 * unique in the run, so that a create whose answer was lost is found again instead of repeated.
 */
export class PlaceInLine {
  readonly #env: Env;
  readonly #client: LoadClient;
  readonly #parent: string;
  readonly #marker: string;
  #session = "";
  #name: string | null = null;
  #token: number | null = null;

  constructor(env: Env, client: LoadClient, parent: string, marker: string) {
    this.#env = env;
    this.#client = client;
    this.#parent = parent;
    this.#marker = `${marker}-`;
  }

  /**
   * Takes a place and waits until it is the first. Gives its token, the czxid of its znode, which is
   * higher than those of all places taken before; null when the session ended first. The parent must
   * exist.
   */
  async first(): Promise<number | null> {
    await this.#client.settled();
    this.#session = this.#client.zk.session;
    while (!this.#gone()) {
      if (this.#name === null) await this.#take();
      else if (await this.#isFirst(this.#name)) return this.#token;
    }
    return null;
  }

  /** Gives the place up: its znode is gone when this ends, or will go with its session. */
  async leave(): Promise<void> {
    while (this.#name !== null && !this.#gone()) {
      const path = `${this.#parent}/${this.#name}`;
      const result = await this.#ask({ type: "delete", path, version: -1 });
      if (result?.outcome === "ok" || result?.code === ErrorCode.NoNode) this.#name = null;
      else await this.#pause();
    }
  }

  #gone(): boolean {
    const { zk } = this.#client;
    return zk.session !== this.#session || zk.state === "closed" || zk.state === "closing";
  }

  /** As the client's `ask`, unless the session is over: null, and nothing is asked. */
  async #ask(request: ClientRequest): Promise<OpResult | null> {
    return this.#gone() ? null : this.#client.ask(request);
  }

  /** Creates the znode; after a lost answer, looks whether it is there. */
  async #take(): Promise<void> {
    const path = `${this.#parent}/${this.#marker}`;
    const data = this.#client.value(0);
    const flags = EPHEMERAL_SEQUENTIAL;
    const made = await this.#ask({ type: "create", path, data, acl: OPEN_ACL, flags });
    if (made === null) return;
    if (made.outcome === "ok") {
      this.#name = made.path.slice(this.#parent.length + 1);
      this.#token = made.zxid;
      return;
    }
    if (made.outcome === "info") {
      await this.#client.settled();
      const line = await this.#line();
      this.#name = line?.find((name) => name.startsWith(this.#marker)) ?? null;
    }
    if (this.#name === null) await this.#pause();
  }

  /** Looks at the line; when somebody is before, waits until that one leaves or something changes. */
  async #isFirst(name: string): Promise<boolean> {
    const line = await this.#line();
    if (line === null) {
      await this.#pause();
      return false;
    }
    const own = line.filter((each) => each.startsWith(this.#marker));
    if (own[0] !== name) {
      // A create that was thought lost came through after all: the earliest one is the place.
      this.#name = own[0] ?? null;
      this.#token = null;
      return false;
    }
    for (const extra of own.slice(1)) {
      this.#client.run({ type: "delete", path: `${this.#parent}/${extra}`, version: -1 });
    }
    const before = line[line.indexOf(name) - 1];
    if (before !== undefined) {
      await this.#untilChanged(`${this.#parent}/${before}`);
      return false;
    }
    this.#token ??= await this.#czxid(name);
    return this.#token !== null;
  }

  /** All places in order; null when they could not be read. */
  async #line(): Promise<string[] | null> {
    const path = this.#parent;
    const result = await this.#ask({ type: "getChildren2", path, watch: false });
    if (!result?.children) return null;
    return result.children.toSorted((a, b) => sequenceOf(a) - sequenceOf(b));
  }

  async #czxid(name: string): Promise<number | null> {
    const path = `${this.#parent}/${name}`;
    const result = await this.#ask({ type: "exists", path, watch: false });
    return result?.stat?.czxid ?? null;
  }

  /** Until the znode changes (which it can only by going), or the session does. */
  async #untilChanged(path: string): Promise<void> {
    let stop = (): void => {};
    const changed = new Promise<void>((resolve) => {
      stop = this.#client.observe({
        watch: (_type, changedPath) => {
          if (changedPath === path) resolve();
        },
        session: (change) => {
          if (change.event !== "disconnected") resolve();
        },
      });
    });
    const there = await this.#ask({ type: "exists", path, watch: true });
    // Left in the meantime, or not to be asked: look at the line again.
    if (there?.outcome === "ok") await changed;
    else if (there?.code !== ErrorCode.NoNode) await this.#pause();
    stop();
  }

  /** Until there is a connection, and a moment longer. */
  async #pause(): Promise<void> {
    await this.#client.settled();
    await new Promise<void>((resolve) => void this.#env.timers.after(RETRY_MS, resolve));
  }
}

/** The number at the end of a sequential name; names without one sort last. */
function sequenceOf(name: string): number {
  const number = Number.parseInt(name.slice(-SEQUENCE_DIGITS), 10);
  return Number.isNaN(number) ? Number.POSITIVE_INFINITY : number;
}
