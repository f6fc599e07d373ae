import type { ActiveFault, Inject } from "./fault.ts";

export const killAll: Inject = async (ensemble): Promise<ActiveFault> => {
  const servers = ensemble.servers.map(({ id }) => id);
  // A server that has ended by itself is a finding, and no reason to spare the others.
  const running = ensemble.servers.filter(({ pid }) => pid !== null);
  await Promise.all(running.map(({ id }) => ensemble.kill(id, "SIGKILL")));
  return {
    description: "killed all servers at once with SIGKILL: what was acknowledged must be on disk",
    servers,
    links: [],
    noQuorum: true,
    heal: async () => {
      await Promise.all(servers.map((id) => ensemble.restart(id)));
    },
  };
};
