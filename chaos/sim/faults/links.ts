/** Links between servers that are cut, one way or both, slow, or break. */
import type { SimServer } from "../ensemble/sim-server.ts";
import type { ActiveFault, FaultContext, FaultMaker } from "./active-fault.ts";

/** A directed link between two servers. */
type Link = readonly [from: SimServer, to: SimServer];

export const partition: FaultMaker<"partition"> = (context, fault) => {
  const server = context.target(fault.target);
  if (server === null) return null;
  const { voters } = context.ensemble;
  const others = voters.filter((each) => each !== server);
  // The others stay a quorum, also when there are fewer voters by now than there were.
  const most = Math.max(0, Math.ceil(voters.length / 2) - 2);
  const side = [server, ...others.slice(0, Math.min(most, fault.company ?? 0))];
  const cut = pairs(context).filter(([from, to]) => side.includes(from) !== side.includes(to));
  const ids = side.map(({ id }) => id).join(", ");
  return cutLinks(context, cut, `cut server ${ids} off from the others`, side);
};

export const oneWay: FaultMaker<"one-way"> = (context, fault) => {
  const server = context.target(fault.target);
  if (server === null) return null;
  const isOut = fault.direction === "out";
  const cut = pairs(context).filter(([from, to]) => (isOut ? from : to) === server);
  const what = isOut ? `sends to the others` : `is sent by the others`;
  return cutLinks(context, cut, `held up what server ${server.id} ${what}`, [server]);
};

export const halves: FaultMaker<"halves"> = (context, { groups }) => {
  // Who is in no group belongs to the first.
  const groupOf = ({ id }: SimServer): number =>
    Math.max(
      0,
      groups.findIndex((group) => group.includes(id)),
    );
  const cut = pairs(context).filter(([from, to]) => groupOf(from) !== groupOf(to));
  if (cut.length === 0) return null;
  const text = groups.map((group) => group.join(" ")).join(" | ");
  const active = cutLinks(context, cut, `parted the servers: ${text}`, context.ensemble.servers);
  const { voters } = context.ensemble;
  const sizes = new Map<number, number>();
  for (const server of voters) {
    sizes.set(groupOf(server), (sizes.get(groupOf(server)) ?? 0) + 1);
  }
  const noQuorum = !context.reconfigures && Math.max(...sizes.values()) <= voters.length / 2;
  return { ...active, noQuorum };
};

export const ring: FaultMaker<"ring"> = (context) => {
  const { servers } = context.ensemble;
  const { length } = servers;
  const near = (a: SimServer, b: SimServer): boolean =>
    [1, length - 1].includes(Math.abs(servers.indexOf(a) - servers.indexOf(b)));
  const cut = pairs(context).filter(([from, to]) => !near(from, to));
  if (cut.length === 0) return null;
  return cutLinks(context, cut, "left each server only its two neighbours", servers);
};

export const bridge: FaultMaker<"bridge"> = (context, fault) => {
  const middle = context.target(fault.target);
  if (middle === null) return null;
  const { servers } = context.ensemble;
  const others = servers.filter((each) => each !== middle);
  const left = new Set(others.slice(0, Math.ceil(others.length / 2)));
  const cut = pairs(context).filter(
    ([from, to]) => from !== middle && to !== middle && left.has(from) !== left.has(to),
  );
  if (cut.length === 0) return null;
  return cutLinks(
    context,
    cut,
    `parted the servers; only server ${middle.id} reaches all`,
    servers,
  );
};

export const noQuorum: FaultMaker<"no-quorum"> = (context) => {
  const { servers } = context.ensemble;
  const active = cutLinks(context, pairs(context), "cut all servers off from each other", servers);
  return { ...active, noQuorum: true };
};

export const delay: FaultMaker<"delay"> = (context, { target, delayMs }) => {
  const server = context.target(target);
  if (server === null) return null;
  const links = pairs(context).filter((link) => link.includes(server));
  const add = (ms: number): void => {
    for (const [from, to] of links) context.delays.add(from.host, to.host, ms);
  };
  add(delayMs);
  return {
    description: `delayed all between server ${server.id} and the others by up to ${delayMs} ms`,
    servers: [server.id],
    links: links.map(linkName),
    noQuorum: false,
    // What was sent until then arrives so late yet, and everything behind it.
    lingersMs: () =>
      Math.max(0, ...links.map(([from, to]) => context.delays.of(from.host, to.host))),
    heal: () => add(-delayMs),
  };
};

export const reset: FaultMaker<"reset"> = ({ network, target }, fault) => {
  const server = target(fault.target);
  if (server === null) return null;
  network.reset(server.host, () => true);
  return {
    description: `broke all connections of server ${server.id}`,
    servers: [server.id],
    links: [],
    noQuorum: false,
    lastsMs: 1,
    heal: () => undefined,
  };
};

export const cutClients: FaultMaker<"cut-clients"> = ({ network, clients, target }, fault) => {
  const server = target(fault.target);
  if (server === null) return null;
  for (const { host } of clients) {
    network.cut(host, server.host);
    network.cut(server.host, host);
  }
  return {
    description: `cut all clients off from server ${server.id}`,
    servers: [server.id],
    links: [],
    noQuorum: false,
    heal: () => {
      for (const { host } of clients) {
        network.heal(host, server.host);
        network.heal(server.host, host);
      }
    },
  };
};

function pairs({ ensemble: { servers } }: FaultContext): Link[] {
  return servers.flatMap((from) =>
    servers.filter((to) => to !== from).map((to): Link => [from, to]),
  );
}

function cutLinks(
  { network }: FaultContext,
  links: readonly Link[],
  description: string,
  servers: readonly SimServer[],
): ActiveFault {
  for (const [from, to] of links) network.cut(from.host, to.host);
  return {
    description,
    servers: servers.map(({ id }) => id),
    links: links.map(linkName),
    noQuorum: false,
    heal: () => {
      for (const [from, to] of links) network.heal(from.host, to.host);
    },
  };
}

function linkName([from, to]: Link): string {
  return `${from.id}>${to.id}`;
}
