/** Processes and machines that end, stand still, and come back. */
import type { SimServer } from "../ensemble/sim-server.ts";
import type { ActiveFault, FaultContext, FaultMaker } from "./active-fault.ts";

/** Between two servers of a rolling restart, as a part of the time that each is down. */
const ROLLING_PAUSE = 0.7;

export const kill: FaultMaker<"kill"> = (context, fault) => {
  const server = context.target(fault.target);
  return server && down(context, [server], "the process", (each) => each.kill());
};

export const killAll: FaultMaker<"kill-all"> = (context) =>
  down(context, context.ensemble.servers, "the processes", (each) => each.kill());

export const powerCut: FaultMaker<"power-cut"> = (context, fault) => {
  const server = context.target(fault.target);
  return server && down(context, [server], "the power", (each) => each.cutPower());
};

export const powerCutAll: FaultMaker<"power-cut-all"> = (context) =>
  down(context, context.ensemble.servers, "the power", (each) => each.cutPower());

export const pause: FaultMaker<"pause"> = ({ outages, target }, fault) => {
  const server = target(fault.target);
  if (server === null || server.server === null) return null;
  outages.pause(server);
  return {
    description: `stopped the process of server ${server.id} (SIGSTOP)`,
    servers: [server.id],
    links: [],
    noQuorum: false,
    heal: () => outages.resume(server),
  };
};

export const rollingRestart: FaultMaker<"rolling-restart"> = (context, { holdMs }) => {
  const { ensemble, outages, world } = context;
  let current: SimServer | null = null;
  let over = false;
  const stepMs = holdMs * (1 + ROLLING_PAUSE);
  const end = (): void => {
    if (current !== null) outages.release(current);
    current = null;
  };
  for (const [index, server] of ensemble.servers.entries()) {
    world.after(index * stepMs, null, () => {
      if (over) return;
      end();
      current = server;
      outages.hold(server);
      // It may take longer than its turn: then it comes back as soon as it has ended.
      server.stop(() => outages.revive(server));
      world.after(holdMs, null, () => {
        if (current === server) end();
      });
    });
  }
  return {
    description: `stopped and started all servers, one after the other, each for ${holdMs} ms`,
    servers: ensemble.servers.map(({ id }) => id),
    links: [],
    noQuorum: false,
    lastsMs: stepMs * ensemble.servers.length,
    heal: () => {
      over = true;
      end();
    },
  };
};

function down(
  { outages, ensemble }: FaultContext,
  servers: readonly SimServer[],
  what: string,
  end: (server: SimServer) => void,
): ActiveFault {
  for (const server of servers) {
    outages.hold(server);
    end(server);
  }
  const ids = servers.map(({ id }) => id);
  return {
    description: `ended ${what} of server ${ids.join(", ")}`,
    servers: ids,
    links: [],
    noQuorum: servers.length === ensemble.servers.length,
    heal: () => {
      for (const server of servers) outages.release(server);
    },
  };
}
