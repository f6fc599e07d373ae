/** Disks that are slow, full, failing, or lose power at a step. */
import type { DiskRule, SimServer } from "../ensemble/sim-server.ts";
import type { ActiveFault, FaultContext, FaultMaker } from "./active-fault.ts";

export const slowDisk: FaultMaker<"slow-disk"> = ({ target }, fault) => {
  const server = target(fault.target);
  if (server === null) return null;
  const { stepMs } = fault;
  server.extraStepMs += stepMs;
  return {
    ...onDisk(server, `made each step of server ${server.id}'s disk up to ${stepMs} ms slower`),
    heal: () => void (server.extraStepMs -= stepMs),
  };
};

/** Nothing more can be written until it is healed; a server that tried stops itself. */
export const diskFull: FaultMaker<"disk-full"> = (context, fault) => {
  const server = context.target(fault.target);
  if (server === null) return null;
  const { random } = context.world;
  return ruled(context, server, `filled the disk of server ${server.id}`, ({ type, bytes }) => {
    if (type === "create") return { type: "fail", code: "ENOSPC" };
    if (type !== "write" || bytes === 0) return null;
    return { type: "fail", code: "ENOSPC", writtenBytes: random.below(bytes) };
  });
};

/** One step fails; what a program does with the file after that cannot be relied on. */
export const fsyncFails: FaultMaker<"fsync-fails"> = (context, fault, effective) => {
  const server = context.target(fault.target);
  if (server === null) return null;
  const { step = "sync", nth = 1 } = fault;
  let left = nth;
  const description = `let step "${step}" no. ${nth} of server ${server.id}'s disk fail`;
  const active = ruled(context, server, description, ({ type }) => {
    if (type !== step || left === 0) return null;
    left--;
    if (left > 0) return null;
    effective();
    return { type: "fail", code: "EIO" };
  });
  return { ...active, waits: true };
};

export const crashPoint: FaultMaker<"crash-point"> = (context, fault, effective) => {
  const { outages, world } = context;
  const server = context.target(fault.target);
  if (server === null) return null;
  const { step: wanted, nth } = fault;
  let left = nth;
  let fired = false;
  const rule: DiskRule = ({ type }) => {
    if (fired || (wanted !== "any" && wanted !== type)) return null;
    left--;
    if (left > 0) return null;
    fired = true;
    // The power is off when this step has been taken; it stays off until the fault is healed.
    outages.hold(server);
    effective();
    world.count(`crash point: ${type}`);
    return { type: "crash" };
  };
  server.diskRules.add(rule);
  const which = wanted === "any" ? "step" : `step "${wanted}"`;
  return {
    ...onDisk(server, `cut the power of server ${server.id} at ${which} no. ${nth} of its disk`),
    waits: true,
    heal: () => {
      server.diskRules.delete(rule);
      if (fired) outages.release(server);
    },
  };
};

/** A rule of the disk that is in force until the fault is healed; then the server is started again. */
function ruled(
  { outages }: FaultContext,
  server: SimServer,
  description: string,
  rule: DiskRule,
): ActiveFault {
  server.diskRules.add(rule);
  return {
    ...onDisk(server, description),
    heal: () => {
      server.diskRules.delete(rule);
      outages.revive(server);
    },
  };
}

function onDisk(server: SimServer, description: string): Omit<ActiveFault, "heal"> {
  return { description, servers: [server.id], links: [], noQuorum: false };
}
