/**
 * The end of the matter: every server's final state, and its log as it lies on disk.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { ServerFinal, ServerTxn } from "../../results/history.ts";
import type { ServerFinalState } from "../../server/http/view.ts";
import { createNodeEnv } from "../../server/node-env.ts";
import { openServerLog } from "../../server/storage/log-reader.ts";
import type { LocalEnsemble } from "../engines/local.ts";
import { serverTxn } from "./server-txn.ts";

/** How long the servers have to come to the same zxid once nobody writes any more, ms. */
const CONVERGENCE_MS = 10_000;
const POLL_MS = 50;

/**
 * Waits until all servers have applied the same, asks each for its state, kills all, and reads their
 * logs. A server that cannot be asked has an empty state; a log that cannot be read, an empty log.
 */
export async function collectFinals(
  ensemble: LocalEnsemble,
  problems: string[],
): Promise<ServerFinal[]> {
  await converge(ensemble);
  const servers = [...ensemble.servers];
  const states = new Map<number, ServerFinalState>();
  for (const { id } of servers) {
    try {
      states.set(id, await ensemble.admin(id).finalState());
    } catch (error) {
      problems.push(`Server ${id} did not tell its final state: ${messageOf(error)}`);
    }
  }
  for (const { id, pid } of servers) if (pid !== null) await ensemble.kill(id);
  return servers.map(({ id, dataDir }) => ({
    ...readServerLog(id, dataDir, problems),
    ...(states.get(id) ?? { appliedZxid: 0, treeDigest: "", ephemerals: {}, sessions: [] }),
  }));
}

async function converge(ensemble: LocalEnsemble): Promise<void> {
  const endMs = performance.now() + CONVERGENCE_MS;
  for (;;) {
    const applied = await Promise.all(
      ensemble.servers.map(({ id }) =>
        ensemble.status(id).then(
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
