import { type ActiveFault, type Inject, othersThan, requireLeader } from "./fault.ts";

export const slowAcks =
  (delayMs: number): Inject =>
  async (ensemble): Promise<ActiveFault> => {
    const leader = await requireLeader(ensemble);
    const links: string[] = [];
    for (const follower of othersThan(ensemble, leader))
      links.push(...(await ensemble.delay(follower, leader, delayMs)).links);
    return {
      description: `the leader, ${leader}, hears of its followers ${delayMs} ms late`,
      servers: [leader],
      links,
      noQuorum: false,
      heal: () => ensemble.heal(),
    };
  };
