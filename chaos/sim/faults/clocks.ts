/** Clocks that jump, and clocks that do not keep time. */
import type { FaultMaker } from "./active-fault.ts";

export const clockJump: FaultMaker<"clock-jump"> = ({ target }, fault) => {
  const server = target(fault.target);
  if (server === null) return null;
  const { byMs } = fault;
  server.host.jumpClock(byMs);
  return {
    description: `set the clock of server ${server.id} by ${byMs} ms`,
    servers: [server.id],
    links: [],
    noQuorum: false,
    heal: () => server.host.jumpClock(-byMs),
  };
};

export const clockSkew: FaultMaker<"clock-skew"> = ({ target }, fault) => {
  const server = target(fault.target);
  if (server === null) return null;
  const { ppm } = fault;
  server.skewPpm += ppm;
  server.host.skewClock(server.skewPpm);
  return {
    description: `let the clocks of server ${server.id} gain ${ppm} ppm`,
    servers: [server.id],
    links: [],
    noQuorum: false,
    heal: () => {
      server.skewPpm -= ppm;
      server.host.skewClock(server.skewPpm);
    },
  };
};
