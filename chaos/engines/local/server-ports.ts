/**
 * The ports of the servers of one ensemble.
 */
import type { PortReservation } from "./ports.ts";
import { reserveGivenPorts, reservePorts } from "./ports.ts";

export interface ServerPorts {
  readonly id: number;
  readonly clientPort: number;
  /** Where the server listens for links of its peers. */
  readonly peerPort: number;
  /** Listened on by nobody: a server line has to name one, and ports that clients are told differ. */
  readonly electionPort: number;
  readonly adminPort: number;
}

export interface EnsemblePorts {
  readonly servers: readonly ServerPorts[];
  release(): Promise<void>;
}

/**
 * Reserves ports for servers 1 to `count`: any free ones, but client ports from `clientPort` on when
 * that is not null. Throws a `PortInUseError` when one of those is in use.
 */
export async function reserveServerPorts(
  count: number,
  clientPort: number | null,
): Promise<EnsemblePorts> {
  const ids = Array.from({ length: count }, (_, index) => index + 1);
  const clients: PortReservation =
    clientPort === null
      ? await reservePorts(count)
      : await reserveGivenPorts(ids.map((id) => clientPort + id - 1));
  try {
    const others = await reservePorts(3 * count);
    return {
      servers: ids.map((id, index) => ({
        id,
        clientPort: clients.ports[index] as number,
        peerPort: others.ports[3 * index] as number,
        electionPort: others.ports[3 * index + 1] as number,
        adminPort: others.ports[3 * index + 2] as number,
      })),
      release: async () => {
        await Promise.all([clients.release(), others.release()]);
      },
    };
  } catch (error) {
    await clients.release();
    throw error;
  }
}
