import type { ActiveFault, Inject } from "./fault.ts";

export const noQuorum: Inject = async (ensemble): Promise<ActiveFault> => {
  const servers = ensemble.servers.map(({ id }) => id);
  const { links } = await ensemble.partition(servers.map((id) => [id]));
  return {
    description: "cut every link between servers, both ways: nobody has a quorum",
    servers,
    links,
    noQuorum: true,
    heal: () => ensemble.heal(),
  };
};
