/**
 * From what is on disk to a server's state at start: the tree holds what the log knows to be
 * committed; what comes after waits for a leader to confirm it, or to cut it.
 */
import type { Zxid } from "./ids.ts";
import type { Replica } from "./replica.ts";
import type { LogEntry, Storage } from "./storage/storage.ts";
import type { ZabRecovered } from "./zab/peer.ts";

export interface Recovery {
  readonly recovered: { readonly lastZxid: Zxid; readonly notes: readonly string[] };
  readonly zab: ZabRecovered;
}

/** Throws a `StorageError` when the data directory cannot be used. */
export function recover(
  storage: Storage,
  replica: Pick<Replica<never>, "apply" | "restore">,
): Recovery {
  const entries: LogEntry[] = [];
  const recovered = storage.recover({
    snapshot: (_zxid, data) => replica.restore(data),
    // The log's end stays in memory, and its data in the tree: not with the whole file around them.
    entry: ({ zxid, bytes }) => entries.push({ zxid, bytes: Buffer.from(bytes) }),
  });
  const { epochs, committedZxid: committed, snapshotZxid: base } = recovered;
  for (const entry of entries) {
    if (entry.zxid > committed) break;
    replica.apply(entry);
  }
  return { recovered, zab: { epochs, committed, entries, base } };
}
