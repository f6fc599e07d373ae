/** What is left at the end of a simulated run: every server's state, and its log as it lies on its disk. */
import type { ServerFinal, ServerTxn } from "../../../results/history.ts";
import { openServerLog } from "../../../server/storage/log-reader.ts";
import { StorageError } from "../../../server/storage/storage.ts";
import { serverTxn } from "../../run/server-txn.ts";
import type { SimServer } from "./sim-server.ts";

/** Decoded entries by their bytes: all servers log the same. */
type Decoded = Map<string, ServerTxn>;

export interface SimFinals {
  readonly finals: readonly ServerFinal[];
  /** Servers whose own log cannot be read, though no bit of it has flipped: each is a finding. */
  readonly unreadable: readonly { readonly server: number; readonly reason: string }[];
}

/**
 * Those of the servers that run now; not those of `rotten` whose log cannot be read from its beginning.
 * What a server says of itself is of this moment; its log is what its files hold, which may end with
 * entries that are not durable yet.
 */
export function simFinals(
  servers: readonly SimServer[],
  rotten: ReadonlySet<SimServer>,
): SimFinals {
  const decoded: Decoded = new Map();
  const finals: ServerFinal[] = [];
  const unreadable: { server: number; reason: string }[] = [];
  for (const each of servers) {
    if (each.server === null || each.server.status().part === "none") continue;
    try {
      finals.push({ ...logOf(each, decoded), ...each.server.finalState() });
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      if (!rotten.has(each)) unreadable.push({ server: each.id, reason: error.message });
    }
  }
  return { finals, unreadable };
}

function logOf(
  { id, disk }: SimServer,
  decoded: Decoded,
): Pick<ServerFinal, "server" | "logFromZxid" | "log"> {
  const inForce = openServerLog(disk, { dataDir: "/data", dataLogDir: "/log" })?.histories.at(-1);
  const log: ServerTxn[] = [];
  for (const { bytes } of inForce?.entries() ?? []) {
    const key = bytes.toString("latin1");
    let txn = decoded.get(key);
    if (txn === undefined) {
      txn = serverTxn(bytes);
      decoded.set(key, txn);
    }
    log.push(txn);
  }
  return { server: id, logFromZxid: inForce?.baseZxid ?? 0, log };
}
