/**
 * The end of the matter: every server's final state, and its log as it lies on disk.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { ServerFinal, ServerTxn } from "../../results/history.ts";
import type { ServerFinalState, ServerStatus } from "../../server/http/view.ts";
import { formatZxid } from "../../server/ids.ts";
import { createNodeEnv } from "../../server/node-env.ts";
import { openServerLog } from "../../server/storage/log-reader.ts";
import { serverTxn } from "./server-txn.ts";

/** How long the servers have to apply the same once nobody writes any more, and then to log it, ms. */
const REST_MS = 10_000;
const POLL_MS = 50;

/** What is asked of an ensemble at its end: a `LocalEnsemble` is one. */
export interface EndingEnsemble {
  readonly servers: readonly {
    readonly id: number;
    readonly pid: number | null;
    readonly dataDir: string;
  }[];
  admin(id: number): {
    status(): Promise<ServerStatus>;
    finalState(): Promise<ServerFinalState>;
  };
  kill(id: number): Promise<void>;
}

/**
 * Waits until all servers have applied the same, asks each for its state, waits until each has logged
 * what it showed, kills all, and reads their logs. A server that cannot be asked has an empty state; a
 * log that cannot be read, an empty log. `problems` is told what is missing, and which server's disk
 * took longer than `restMs`.
 */
export async function collectFinals(
  ensemble: EndingEnsemble,
  problems: string[],
  restMs = REST_MS,
): Promise<ServerFinal[]> {
  await converge(ensemble, restMs);
  const servers = [...ensemble.servers];
  const states = new Map<number, ServerFinalState>();
  for (const { id } of servers) {
    try {
      const state = await ensemble.admin(id).finalState();
      states.set(id, state);
      await untilLogged(ensemble, state, restMs);
    } catch (error) {
      problems.push(`Server ${id}: its final state is not whole: ${messageOf(error)}`);
    }
  }
  for (const { id, pid } of servers) if (pid !== null) await ensemble.kill(id);
  return servers.map(({ id, dataDir }) => ({
    ...readServerLog(id, dataDir, problems),
    ...(states.get(id) ?? { appliedZxid: 0, treeDigest: "", ephemerals: {}, sessions: [] }),
  }));
}

async function converge(ensemble: EndingEnsemble, restMs: number): Promise<void> {
  const endMs = performance.now() + restMs;
  for (;;) {
    const applied = await Promise.all(
      ensemble.servers.map(({ id }) =>
        ensemble
          .admin(id)
          .status()
          .then(
            (status) => (status.serving ? status.appliedZxid : Number.NaN),
            () => Number.NaN,
          ),
      ),
    );
    if (applied.every((zxid) => zxid === applied[0])) return;
    // Servers that never agree are for the checkers to report, from what they say then.
    if (performance.now() > endMs) return;
    await pause(POLL_MS);
  }
}

/**
 * A follower applies what a quorum has logged while its own fsync is under way, so a kill may leave it
 * with less than it has shown. Its final log counts only when it has all of that. Rejects after `restMs`.
 */
async function untilLogged(
  ensemble: EndingEnsemble,
  { server, appliedZxid }: ServerFinalState,
  restMs: number,
): Promise<void> {
  const endMs = performance.now() + restMs;
  for (;;) {
    const { loggedZxid } = await ensemble.admin(server).status();
    if (loggedZxid >= appliedZxid) return;
    if (performance.now() > endMs) {
      throw new Error(
        `it has applied zxid ${formatZxid(appliedZxid)}, and ${restMs} ms later its log is on disk ` +
          `only up to ${formatZxid(loggedZxid)}`,
      );
    }
    await pause(POLL_MS);
  }
}

function readServerLog(
  server: number,
  dataDir: string,
  problems: string[],
): Pick<ServerFinal, "server" | "logFromZxid" | "log"> {
  const log: ServerTxn[] = [];
  let logFromZxid = 0;
  try {
    const { disk } = createNodeEnv();
    const inForce = openServerLog(disk, { dataDir, dataLogDir: dataDir })?.histories.at(-1);
    logFromZxid = inForce?.baseZxid ?? 0;
    for (const { bytes } of inForce?.entries() ?? []) log.push(serverTxn(bytes));
  } catch (error) {
    problems.push(`The log of server ${server} cannot be read: ${messageOf(error)}`);
  }
  return { server, logFromZxid, log };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
