/** Plans with fewer servers and clients: what was aimed at one that is gone gets another aim. */
import type { SimFault, SimOp, SimPlan, SimTarget } from "../plan.ts";

/** The plan without one of its clients and all that it did; the clients after it move up. */
export function withoutClient(plan: SimPlan, client: number): SimPlan {
  const moved = <T extends { readonly client: number }>(all: readonly T[]): T[] =>
    all
      .filter((each) => each.client !== client)
      .map((each) => (each.client > client ? { ...each, client: each.client - 1 } : each));
  return {
    ...plan,
    sessionTimeoutsMs: plan.sessionTimeoutsMs.filter((_, index) => index !== client - 1),
    ops: moved(plan.ops),
    agents: moved(plan.agents),
  };
}

/** The plan with one of its clients alone, which is the first then. */
export function onlyClient(plan: SimPlan, client: number): SimPlan {
  const alone = <T extends { readonly client: number }>(all: readonly T[]): T[] =>
    all.filter((each) => each.client === client).map((each) => ({ ...each, client: 1 }));
  return {
    ...plan,
    sessionTimeoutsMs: plan.sessionTimeoutsMs.slice(client - 1, client),
    ops: alone(plan.ops),
    agents: alone(plan.agents),
  };
}

/** What the client did is done by the one before it (the next one, if it is the first). */
export function withMergedClient(plan: SimPlan, client: number): SimPlan {
  const heir = client === 1 ? 2 : client - 1;
  const inherited = <T extends { readonly client: number }>(all: readonly T[]): T[] =>
    all.map((each) => (each.client === client ? { ...each, client: heir } : each));
  const merged = { ...plan, ops: inherited(plan.ops), agents: inherited(plan.agents) };
  return withoutClient(merged, client);
}

export type ServerCounts = Pick<SimPlan, "servers" | "observers" | "spares">;

export function withServers(plan: SimPlan, counts: ServerCounts): SimPlan {
  const total = counts.servers + counts.observers + counts.spares;
  const members = counts.servers + counts.observers;
  const within = (server: number, max: number): number => ((server - 1) % max) + 1;
  return {
    ...plan,
    ...counts,
    ops: plan.ops.map((op) => withAim(op, (server) => within(server, members))),
    faults: plan.faults.map((fault) => aimedWithin(fault, total)),
  };
}

function withAim(op: SimOp, aim: (server: number) => number): SimOp {
  const { request } = op;
  if (request.type !== "move" && request.type !== "takeOver") return op;
  if (typeof request.server !== "number") return op;
  return { ...op, request: { ...request, server: aim(request.server) } };
}

function aimedWithin(fault: SimFault, total: number): SimFault {
  const here = (servers: readonly number[]): number[] => servers.filter((each) => each <= total);
  if (fault.type === "halves") return { ...fault, groups: fault.groups.map(here) };
  if (fault.type === "reconfig")
    return { ...fault, leaving: here(fault.leaving), joining: here(fault.joining) };
  if (!("target" in fault) || typeof fault.target !== "number") return fault;
  const target: SimTarget = ((fault.target - 1) % total) + 1;
  return { ...fault, target };
}
