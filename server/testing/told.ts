/** What a raw client is told by the time that a request of its is answered. */
import { EventType, Xid } from "../wire/opcodes.ts";
import { decodeWatcherEvent } from "../wire/replies.ts";
import type { Request } from "../wire/request-types.ts";
import type { RawClient, RawReply } from "./raw-client.ts";

export interface Told {
  /** `created /p`: the events that came before the reply, in order. */
  readonly events: readonly string[];
  /** The zxids in their headers. */
  readonly zxids: readonly number[];
  readonly reply: RawReply;
}

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(EventType).map(([name, type]) => [type, name]),
);

/** Sends the request, and gives what comes up to its reply and with it. */
export async function tell(client: RawClient, request: Request): Promise<Told> {
  const xid = client.request(request);
  const events: string[] = [];
  const zxids: number[] = [];
  for (;;) {
    const reply = await client.reply();
    if (reply.xid === xid) return { events, zxids, reply };
    if (reply.xid !== Xid.watch) throw new Error(`a reply of xid ${reply.xid} before ${xid}`);
    const { type, path } = decodeWatcherEvent(reply.body);
    events.push(`${NAMES.get(type) ?? type} ${path}`);
    zxids.push(reply.zxid);
  }
}

/** The events alone. */
export async function eventsOf(client: RawClient, request: Request): Promise<readonly string[]> {
  return (await tell(client, request)).events;
}
