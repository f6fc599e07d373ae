import type { ActiveFault, Inject } from "./fault.ts";

export const killAll: Inject = async (ensemble): Promise<ActiveFault> => {
  const servers = ensemble.servers.map(({ id }) => id);
  await Promise.all(servers.map((id) => ensemble.kill(id, "SIGKILL")));
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
