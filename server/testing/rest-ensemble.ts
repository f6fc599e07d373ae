/** Servers of a test with a REST port each. */
import { type RestOptions, type RestPort, startRestPort } from "../http/rest/port.ts";
import { nodeClock } from "../node-env/node-time.ts";
import { RestClient } from "./rest-client.ts";
import { type Ensemble, type RunningServer, startServers } from "./running-servers.ts";

export interface RestEnsemble {
  readonly ensemble: Ensemble;
  /** By the server's id. */
  readonly clients: ReadonlyMap<number, RestClient>;
  stop(): Promise<void>;
}

export async function startRestServers(
  count: number,
  config: Readonly<Record<string, string>> = {},
  options: Partial<RestOptions> = {},
): Promise<RestEnsemble> {
  const ensemble = await startServers(count, { config });
  const ports: RestPort[] = [];
  const clients = new Map<number, RestClient>();
  for (const running of ensemble.servers) {
    const port = await openRestPort(running, options);
    ports.push(port);
    clients.set(running.id, await RestClient.open(port.address.port));
  }
  return {
    ensemble,
    clients,
    async stop() {
      for (const client of clients.values()) client.close();
      await Promise.all(ports.map((port) => port.close()));
      ensemble.stop();
    },
  };
}

export function openRestPort(
  { server, log }: RunningServer,
  options: Partial<RestOptions> = {},
): Promise<RestPort> {
  const address = { host: "127.0.0.1", port: 0 };
  return startRestPort(
    server.entrance,
    { address, maxConnectionsPerAddress: 0, ...options },
    nodeClock,
    log,
  );
}
