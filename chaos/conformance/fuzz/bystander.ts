/**
 * A well-behaved session beside the strangers: whatever they do, its znodes stay, its watches fire, and
 * its requests are answered. What is its own is closed to others by an ACL.
 */
import { RawClient, type RawReply } from "../../../server/testing/raw-client.ts";
import type { Acl } from "../../../server/wire/acl.ts";
import { CreateFlag, EventType, Xid } from "../../../server/wire/opcodes.ts";
import { decodeData, decodeWatcherEvent } from "../../../server/wire/replies.ts";
import type { Request } from "../../../server/wire/request-types.ts";

const CREDENTIALS = "bystander:quiet";
/** CREDENTIALS as an ACL has them: user:base64(sha1(user:password)). */
const OWN: readonly Acl[] = [
  { perms: 31, scheme: "digest", id: "bystander:NGf2gGwXoutBOtb7Zl4bewOpENk=" },
];
const SESSION_TIMEOUT_MS = 30_000;

export class Bystander {
  readonly #client: RawClient;
  readonly #path: string;
  readonly #patienceMs: number;
  #rounds = 0;

  private constructor(client: RawClient, path: string, patienceMs: number) {
    this.#client = client;
    this.#path = path;
    this.#patienceMs = patienceMs;
  }

  /** Opens its session at this server and makes its znodes below `name`. */
  static async open(port: number, name: string, patienceMs: number): Promise<Bystander> {
    const { client } = await RawClient.open(port, { timeOut: SESSION_TIMEOUT_MS });
    const bystander = new Bystander(client, `/bystander-${name}`, patienceMs);
    await bystander.#begin();
    return bystander;
  }

  /**
   * One round: a watch is set, the data changed, the event and the new data must come, and the ephemeral
   * must be there. Throws with what is wrong.
   */
  async look(): Promise<void> {
    const path = this.#path;
    const value = `${++this.#rounds}`;
    await this.#ask({ type: "getData", path, watch: true });
    this.#client.request({ type: "setData", path, data: Buffer.from(value), version: -1 });
    const event = await this.#next("the event of its watch");
    if (event.xid !== Xid.watch) throw new Error(`${path}: a reply came before the event`);
    const { type, path: of } = decodeWatcherEvent(event.body);
    if (type !== EventType.dataChanged || of !== path) {
      throw new Error(`${path}: an event of type ${type} for ${of}`);
    }
    accept(await this.#next("the reply to its setData"), path);
    const { body } = await this.#ask({ type: "getData", path, watch: false });
    const { data, stat } = decodeData(body);
    if (data?.toString() !== value || stat.version !== this.#rounds) {
      throw new Error(`${path}: data ${data?.toString()} at version ${stat.version}, not ${value}`);
    }
    await this.#ask({ type: "exists", path: `${path}/alive`, watch: false });
  }

  async close(): Promise<void> {
    await this.#ask({ type: "closeSession" });
    await this.#client.closed;
  }

  abandon(): void {
    this.#client.destroy();
  }

  async #begin(): Promise<void> {
    const auth = Buffer.from(CREDENTIALS);
    this.#client.request({ type: "auth", scheme: "digest", auth }, Xid.auth);
    accept(await this.#next("the reply to its auth"), "auth");
    await this.#create(this.#path, CreateFlag.persistent);
    await this.#create(`${this.#path}/alive`, CreateFlag.ephemeral);
  }

  async #create(path: string, flags: number): Promise<void> {
    await this.#ask({ type: "create", path, data: Buffer.alloc(0), acl: OWN, flags });
  }

  async #ask(request: Request): Promise<RawReply> {
    this.#client.request(request);
    return accept(await this.#next(`the reply to its ${request.type}`), this.#path);
  }

  async #next(what: string): Promise<RawReply> {
    const { promise, reject } = Promise.withResolvers<never>();
    const patience = setTimeout(() => {
      reject(new Error(`${this.#path}: ${what} did not come within ${this.#patienceMs} ms`));
    }, this.#patienceMs);
    try {
      const reply = await Promise.race([this.#client.replyOrEnd(), promise]);
      if (reply === null) throw new Error(`${this.#path}: its connection was closed`);
      return reply;
    } finally {
      clearTimeout(patience);
    }
  }
}

function accept(reply: RawReply, what: string): RawReply {
  if (reply.err !== 0) throw new Error(`${what}: error ${reply.err}`);
  return reply;
}
