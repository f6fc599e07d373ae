import type { SessionId, Zxid } from "../ids.ts";
import type { Stat } from "../wire/replies.ts";
import type { Acl } from "./txn.ts";

/** One znode: its data, and its Stat in the shape that `encodeStat` wants. */
export interface Znode extends Stat {
  readonly path: string;
  readonly data: Buffer | null;
  readonly acl: readonly Acl[];
  readonly czxid: Zxid;
  readonly ephemeralOwner: SessionId;
  readonly children: ReadonlySet<string>;
  /** How many children were ever created here, as a signed 32-bit number. */
  readonly childCreations: number;
}
