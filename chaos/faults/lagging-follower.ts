import { type ActiveFault, type Inject, othersThan, requireLeader } from "./fault.ts";

export const laggingFollower =
  (delayMs: number): Inject =>
  async (ensemble): Promise<ActiveFault> => {
    const leader = await requireLeader(ensemble);
    const follower = othersThan(ensemble, leader)[0];
    if (follower === undefined) throw new Error("there is no follower that could lag");
    const { links } = await ensemble.delay(leader, follower, delayMs);
    return {
      description: `server ${follower} hears of the leader, ${leader}, ${delayMs} ms late`,
      servers: [follower],
      links,
      noQuorum: false,
      heal: () => ensemble.heal(),
    };
  };
