import { ZkClient } from "../client/client.ts";
import { SeededRandom } from "../seeded-random.ts";
import type { RunningTarget } from "../targets/target.ts";
import { until } from "./interruptible.ts";
import type { BenchContext } from "./part.ts";

const SESSION_TIMEOUT_MS = 30_000;
const OPEN_MAX_MS = 30_000;

/**
 * So many clients with sessions, each at another server, the first at server `first`. Whoever asks for
 * them abandons them. Throws when one cannot open its session in 30 s.
 */
export async function openClients(
  { env, seed, signal }: BenchContext,
  { servers }: RunningTarget,
  count: number,
  first = 1,
): Promise<ZkClient[]> {
  const clients: ZkClient[] = [];
  const opened = Array.from({ length: count }, (_, number) => {
    return new Promise<void>((resolve, reject) => {
      const timer = env.timers.after(OPEN_MAX_MS, () =>
        reject(new Error(`no session in ${OPEN_MAX_MS / 1000} s`)),
      );
      const client = new ZkClient({
        env,
        servers,
        random: new SeededRandom(seed + number),
        sessionTimeoutMs: SESSION_TIMEOUT_MS,
        firstServer: servers[(first - 1 + number) % servers.length]?.id ?? 1,
        observer: {
          session: ({ event }) => {
            if (event !== "created") return;
            timer.cancel();
            resolve();
          },
        },
      });
      clients.push(client);
      client.connect();
    });
  });
  await until(signal, Promise.all(opened));
  return clients;
}
