import type { Env } from "../../server/env.ts";
import { ErrorCode } from "../../server/errors.ts";
import { OPEN_ACL } from "../client/request-op.ts";
import type { LoadClient } from "../load-client.ts";
import { SETUP } from "../recorder.ts";

/** Setup gives up when a znode could not be created for so long. */
const SETUP_MAX_MS = 30_000;
const RETRY_MS = 20;
/** Creates of one setup that are under way at one time. */
const CREATES_MAX = 200;

/**
 * Makes sure that znodes with these paths exist, in this order; parents come first. They are booked
 * as setup. Throws when the servers do not allow it, or did not for 30 s.
 */
export async function ensureZnodes(
  env: Env,
  client: LoadClient,
  paths: readonly string[],
  valueBytes = 0,
): Promise<void> {
  const { workload } = client;
  client.workload = SETUP;
  try {
    for (let from = 0; from < paths.length; from += CREATES_MAX) {
      const batch = paths.slice(from, from + CREATES_MAX);
      await Promise.all(batch.map((path) => ensureZnode(env, client, path, valueBytes)));
    }
  } finally {
    client.workload = workload;
  }
}

async function ensureZnode(
  env: Env,
  client: LoadClient,
  path: string,
  valueBytes: number,
): Promise<void> {
  const startMs = env.clock.nowMs();
  for (;;) {
    const data = client.value(valueBytes);
    const made = await client.ask({ type: "create", path, data, acl: OPEN_ACL, flags: 0 });
    if (made.outcome === "ok" || made.code === ErrorCode.NodeExists) return;
    if (env.clock.nowMs() - startMs > SETUP_MAX_MS || client.zk.state === "closed") {
      throw new Error(`setup: ${path} could not be created (code ${made.code})`);
    }
    await pause(env, RETRY_MS);
  }
}

/** All clients have a session and a connection. */
export async function allConnected(clients: readonly LoadClient[]): Promise<void> {
  await Promise.all(clients.map((client) => client.settled()));
}

/** Lets every operation of the clients end (each does within its timeout), then closes the sessions. */
export async function drainAndClose(clients: readonly LoadClient[]): Promise<void> {
  await Promise.all(clients.map((client) => client.idle()));
  await Promise.all(clients.map((client) => client.close()));
}

export function pause(env: Env, delayMs: number): Promise<void> {
  return new Promise((resolve) => void env.timers.after(delayMs, resolve));
}
