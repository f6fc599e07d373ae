/** What anybody had been shown by a moment: in replies, and in watch events. */
import type { OpRecord, WatchRecord } from "../../results/history.ts";
import { formatZxid } from "../../server/ids.ts";
import { describeOp, formatTime } from "./evidence.ts";
import type { PreparedHistory } from "./prepared-history.ts";

export type Shown = OpRecord | WatchRecord;

/** Goes through the time, forwards only. */
export class ShownBefore {
  readonly #replies: readonly OpRecord[];
  readonly #watches: readonly WatchRecord[];
  #nextReply = 0;
  #nextWatch = 0;
  #newest: Shown | undefined;

  constructor({ replies, watches }: PreparedHistory) {
    this.#replies = replies;
    this.#watches = watches;
  }

  /**
   * What had the highest zxid before `atMs`, which must not be lower than the last time. What came at the
   * same moment may have come after it.
   */
  newestBefore(atMs: number): Shown | undefined {
    for (; this.#nextReply < this.#replies.length; this.#nextReply++) {
      const reply = this.#replies[this.#nextReply] as OpRecord;
      if (reply.completeMs >= atMs) break;
      this.#take(reply);
    }
    for (; this.#nextWatch < this.#watches.length; this.#nextWatch++) {
      const event = this.#watches[this.#nextWatch] as WatchRecord;
      if (event.atMs >= atMs) break;
      this.#take(event);
    }
    return this.#newest;
  }

  #take(shown: Shown): void {
    if (this.#newest === undefined || shown.zxid > this.#newest.zxid) this.#newest = shown;
  }
}

/** As a line of evidence. */
export function describeShown(shown: Shown): string {
  if (shown.kind === "op") return describeOp(shown);
  const { atMs, client, session, server, type, path, zxid } = shown;
  return (
    `${formatTime(atMs)} client ${client} session ${session} server ${server} event ${type} ${path} ` +
    `(zxid ${formatZxid(zxid)})`
  );
}
