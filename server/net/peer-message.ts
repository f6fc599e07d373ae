/**
 * Everything that goes over the link between two servers: Zab's messages, and what a follower asks of
 * its leader on behalf of clients. This file says what there is; `peer-codec.ts` how it is written.
 */
import type { SessionId, Zxid } from "../ids.ts";
import type { AuthId } from "../tree/acl.ts";
import type { ZabMessage } from "../zab/messages.ts";

/** What followers and their leader say on behalf of clients. Order on the link is kept. */
export type ServiceMessage =
  /** A client's write, to be prepared and proposed; the transaction carries `request` back. */
  | {
      readonly type: "request";
      /** The follower's number for it, unique among all it ever sends. */
      readonly request: number;
      readonly sessionId: SessionId;
      readonly cxid: number;
      readonly opcode: number;
      /** Who the client is: its address, and what it has authenticated. */
      readonly authIds: readonly AuthId[];
      /** Its client was told of a refusal for lack of room before it sent this. */
      readonly afresh: boolean;
      /** The request record as the client sent it. */
      readonly body: Buffer;
    }
  /** The request was not proposed (the session moved to another server). */
  | { readonly type: "rejected"; readonly request: number; readonly code: number }
  /** Answered once a quorum has confirmed the leader, after every commit that came before. */
  | { readonly type: "sync"; readonly request: number }
  | { readonly type: "synced"; readonly request: number }
  /** A client came (back) with this session: is it alive, and the password right? */
  | {
      readonly type: "revalidate";
      readonly request: number;
      readonly sessionId: SessionId;
      readonly password: Buffer;
      readonly timeoutMs: number;
    }
  | { readonly type: "revalidated"; readonly request: number; readonly valid: boolean }
  /** The session was taken over by a client at another server: close its connection here. */
  | { readonly type: "moved"; readonly sessionId: SessionId }
  /** Sessions that were heard of since the last time. */
  | { readonly type: "touch"; readonly sessions: readonly SessionId[] }
  /**
   * The sender's committed configuration, when the link comes up and when it changes: where the servers
   * are that the receiver may not have heard of.
   */
  | { readonly type: "ensemble"; readonly text: string }
  /** The leader's tree has this digest where it has applied just this much. */
  | { readonly type: "digest"; readonly zxid: Zxid; readonly digest: number }
  /** And the sender's has this one. */
  | { readonly type: "diverged"; readonly zxid: Zxid; readonly digest: number }
  /** The others agree with the leader's digest: the receiver must stop. */
  | { readonly type: "outvoted"; readonly zxid: Zxid; readonly digest: number }
  /** The link is alive; sent when nothing else was. */
  | { readonly type: "keepalive" };

export type PeerMessage = ZabMessage | ServiceMessage;

const SERVICE_TYPES: ReadonlySet<PeerMessage["type"]> = new Set<ServiceMessage["type"]>([
  "request",
  "rejected",
  "sync",
  "synced",
  "revalidate",
  "revalidated",
  "moved",
  "touch",
  "ensemble",
  "digest",
  "diverged",
  "outvoted",
  "keepalive",
]);

export function isServiceMessage(message: PeerMessage): message is ServiceMessage {
  return SERVICE_TYPES.has(message.type);
}
