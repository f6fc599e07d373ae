/** How a client comes in that is a part of this process: what it asks goes the way of every client's. */
import type { Connection } from "../env.ts";
import type { AuthId } from "../tree/acl.ts";
import type { AccessConfig } from "./client-auth.ts";

export interface ClientEntrance {
  readonly access: AccessConfig;
  /** jute.maxbuffer: the longest frame that a client may send, in bytes. */
  readonly maxFrameBytes: number;
  /**
   * Takes a connection that leads nowhere but to this process. No limit on connections counts it, and it
   * may take its time to ask for a session; all other limits hold.
   */
  connectInside(connection: Connection): InsideSeat;
}

/** What only such a client may do: speak for others. */
export interface InsideSeat {
  /** All that is read from the connection from now on is asked by who has these identities. */
  actAs(authIds: readonly AuthId[]): void;
}
