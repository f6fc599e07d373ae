import { type ActiveFault, type Inject, requireLeader } from "./fault.ts";

export const killLeader: Inject = async (ensemble): Promise<ActiveFault> => {
  const leader = await requireLeader(ensemble);
  await ensemble.kill(leader, "SIGKILL");
  return {
    description: `killed server ${leader}, the leader, with SIGKILL`,
    servers: [leader],
    links: [],
    noQuorum: false,
    heal: () => ensemble.restart(leader),
  };
};
