import { type ActiveFault, type Inject, othersThan, requireLeader } from "./fault.ts";

export const partitionLeader: Inject = async (ensemble): Promise<ActiveFault> => {
  const leader = await requireLeader(ensemble);
  const others = othersThan(ensemble, leader);
  const { links } = await ensemble.partition([[leader], others]);
  return {
    description: `cut server ${leader}, the leader, off from ${others.join(" and ")}, both ways`,
    servers: [leader],
    links,
    noQuorum: false,
    heal: () => ensemble.heal(),
  };
};
