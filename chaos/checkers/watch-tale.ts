/**
 * Test support: tells what client 1 watches while client 2 changes things, in a line of text.
 *
 *   tellWatches("data /a; set /a; event dataChanged /a 2; read")
 *
 * /a is there from zxid counter 1 on; each change takes the next. A millisecond passes with every step.
 *
 * | step | |
 * | --- | --- |
 * | `create P` `set P` `delete P` | client 2 does it |
 * | `data P [at]` `child P [at]` `await P [at]` | getData, getChildren, exists of no znode, with a watch |
 * | `persistent P [at]` `recursive P [at]` | addWatch |
 * | `remove KIND P [at]` `unfound KIND P [at]` | removeWatches, answered with ok or NoWatcher |
 * | `lost-data P` `lost-persistent P` `lost-remove KIND P` | the same, timed out |
 * | `read [at]` | of something else |
 * | `event TYPE P at` | arrives; `at` is `-` when the server does not tell it |
 * | `disconnect` `reconnect SEEN` `expire` | of its session |
 *
 * `at` is the counter of the zxid that a reply shows, the last one unless it is given.
 */
import type { OpRecord, ServerTxn, WatchRecord } from "../../results/history.ts";
import { ErrorCode } from "../../server/errors.ts";
import { Story, z } from "./story.ts";
import type { StoryClient } from "./story.ts";
import type { StoryOp } from "./story-op.ts";

type RemovedKind = NonNullable<OpRecord["watchKind"]>;
type LoggedTxn = Partial<ServerTxn> & Pick<ServerTxn, "type">;

/** `txns`: what the step `log` puts into the log, one after the other. */
export function tellWatches(text: string, txns: readonly LoggedTxn[] = []): Story {
  const tale = new WatchTale(txns);
  for (const step of text.split(";")) tale.tell(step.trim().split(/\s+/));
  return tale.story;
}

class WatchTale {
  readonly story = new Story();
  readonly #watcher: StoryClient = this.story.client(1);
  readonly #writer: StoryClient = this.story.client(2);
  readonly #txns: LoggedTxn[];
  #nowMs = 1_000;
  #counter = 0;

  constructor(txns: readonly LoggedTxn[]) {
    this.#txns = [...txns];
    this.tell(["create", "/a"]);
  }

  tell([step = "", first = "", second = "", third = ""]: string[]): void {
    const watcher = this.#watcher;
    switch (step) {
      case "create":
        return this.#change(this.#writer.create(first, "c"));
      case "set":
        return this.#change(this.#writer.set(first, "s"));
      case "delete":
        return this.#change(this.#writer.delete(first));
      case "log":
        return this.#log();
      case "data":
        return this.#ok(watcher.get(first).with({ watch: true }), second);
      case "child":
        return this.#ok(watcher.list(first).with({ watch: true }), second);
      case "await":
        return this.#fails(watcher.exists(first).with({ watch: true }), ErrorCode.NoNode, second);
      case "persistent":
      case "recursive":
        return this.#ok(watcher.watches(first, step), second);
      case "remove":
        return this.#ok(watcher.unwatches(second, first as RemovedKind), third);
      case "unfound":
        return this.#fails(
          watcher.unwatches(second, first as RemovedKind),
          ErrorCode.NoWatcher,
          third,
        );
      case "read":
        return this.#ok(watcher.get("/other"), first);
      default:
        return this.#tellMore(step, first, second, third);
    }
  }

  #tellMore(step: string, first: string, second: string, third: string): void {
    const watcher = this.#watcher;
    switch (step) {
      case "lost-data":
        return void this.#now(watcher.get(first).with({ watch: true })).lost();
      case "lost-persistent":
        return void this.#now(watcher.watches(first, "persistent")).lost();
      case "lost-remove":
        return void this.#now(watcher.unwatches(second, first as RemovedKind)).lost();
      case "event": {
        const zxid = third === "-" ? -1 : z(Number(third));
        watcher.sees(first as WatchRecord["type"], second, zxid, this.#nowMs++);
        return undefined;
      }
      case "disconnect":
        return void watcher.disconnects(this.#nowMs++);
      case "reconnect":
        return void watcher.reconnects(this.#nowMs++, z(Number(first)));
      case "expire":
        return void watcher.ends("expired", this.#nowMs++);
      default:
        throw new Error(`a tale has no step ${step}`);
    }
  }

  #now(op: StoryOp): StoryOp {
    const atMs = this.#nowMs++;
    return op.at(atMs, atMs);
  }

  #change(op: StoryOp): void {
    this.#now(op).ok(z(++this.#counter));
  }

  #log(): void {
    const txn = this.#txns.shift();
    if (txn === undefined) throw new Error("a tale's step log has no transaction");
    this.story.logged({ zxid: z(++this.#counter), ...txn });
  }

  #ok(op: StoryOp, at: string): void {
    this.#now(op).ok(this.#zxid(at));
  }

  #fails(op: StoryOp, code: number, at: string): void {
    this.#now(op).fails(code, this.#zxid(at));
  }

  #zxid(at: string): number {
    return z(at === "" ? this.#counter : Number(at));
  }
}
