import type { Env } from "../../server/env.ts";
import { ZkClient } from "../client/client.ts";
import type { ServerAddress } from "../client/server-rotation.ts";
import { SeededRandom } from "../seeded-random.ts";

const SERVING_MAX_MS = 30_000;
const SESSION_TIMEOUT_MS = 10_000;

/**
 * Waits until each server has opened and closed a session: that takes a quorum, and its log on disk.
 * Throws, naming the server, when one does not within 30 s; with the signal's reason when it is
 * aborted. No client is left then.
 */
export async function awaitServing(
  env: Env,
  servers: readonly ServerAddress[],
  signal: AbortSignal,
): Promise<void> {
  const failed = new AbortController();
  const ended = AbortSignal.any([signal, failed.signal]);
  try {
    await Promise.all(servers.map((server) => oneServes(env, server, ended)));
  } finally {
    failed.abort();
  }
}

function oneServes(env: Env, server: ServerAddress, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const client = new ZkClient({
      env,
      servers: [server],
      random: new SeededRandom(server.id),
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      observer: {
        session: ({ event }) => {
          if (event !== "created") return;
          timer.cancel();
          void client.close().then(() => resolve());
        },
      },
    });
    const fail = (error: unknown): void => {
      timer.cancel();
      client.abandon();
      reject(error);
    };
    const timer = env.timers.after(SERVING_MAX_MS, () =>
      fail(new Error(`server ${server.id} does not serve clients after ${SERVING_MAX_MS} ms`)),
    );
    if (signal.aborted) return fail(signal.reason);
    signal.addEventListener("abort", () => fail(signal.reason), { once: true });
    client.connect();
  });
}
