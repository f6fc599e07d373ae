/** Faults and reconfigurations at random on a world, then none: what must hold then. Only for tests. */
import type { ServerId } from "../../ids.ts";
import { isMember, isVoter, type Membership } from "../membership.ts";
import { type Members, randomMembers } from "./reconfigurations.ts";
import { type Cast, membershipIn, type Node, World } from "./world.ts";

const SETTLE_STEPS = 60_000;
const THICK_STEPS = 60;

export interface Storm {
  readonly cast: Cast;
  readonly steps: number;
  /** How often a reconfiguration is tried, per step; 0: the members stay. */
  readonly reconfigure: number;
}

/** A small generator with a seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Steps until `done`; throws with the end of the trace if that takes more than `steps`. */
export function runUntil(world: World, done: () => boolean, steps: number): void {
  for (let i = 0; i < steps && !done(); i++) world.step();
  if (!done())
    throw new Error(`not reached in ${steps} steps:\n${world.trace.slice(-60).join("\n")}`);
}

/** Every server that is up serves, and all have the same history, committed to its end. */
export function settled(world: World): boolean {
  const peers = [...world.nodes.values()].flatMap(({ peer }) => (peer ? [peer] : []));
  const last = Math.max(...world.committed.keys(), 0);
  return peers.every(
    (peer) => peer.broadcasting && peer.core.committed === last && peer.core.history.last === last,
  );
}

/** Faults and reconfigurations, then healing: throws unless everything converges. */
export function storm(seed: number, { cast, steps, reconfigure }: Storm): World {
  const random = seeded(seed);
  const world = new World(cast, random);
  const { sids } = world;
  const some = (): ServerId => sids[Math.floor(random() * sids.length)] as ServerId;
  // After a reconfiguration is proposed, faults come thick: its few steps are where it can go wrong.
  let thick = 0;
  let side: readonly ServerId[] = [];
  /** Nothing from the leader reaches that side: the others alone have what it proposed. */
  let waits = false;
  for (let i = 0; i < steps; i++) {
    if (thick > 0) {
      thick--;
      if (thick === 0 && random() < 0.5) world.partition(new Set(side));
      if (random() < (waits ? 0.02 : 0.1)) {
        parting(world, side, random);
        continue;
      }
    }
    const dice = random();
    if (dice < 0.02) world.propose();
    else if (dice < 0.0225) world.crash(some());
    else if (dice < 0.026) world.start(some());
    else if (dice < 0.0285) world.cut(some(), some());
    else if (dice < 0.03) world.heal();
    else if (dice < 0.0305) {
      // A power cut: whoever comes back first may be those that have seen least.
      for (const sid of sids) if (random() < 0.8) world.crash(sid);
      world.start(some());
      world.start(some());
    } else if (dice < 0.031) world.partition(new Set(sids.filter(() => random() < 0.5)));
    else if (dice < 0.0315) world.stall(some(), some());
    else if (dice < 0.0325) world.coup(random() < 0.5 ? [some()] : [some(), some()]);
    else if (dice < 0.0325 + reconfigure) {
      const next = (now: Membership, leader: ServerId): Members => {
        const members = randomMembers(now, leader, sids, random);
        side = oneSide(now, members, leader, random);
        waits = random() < 0.5;
        if (waits) side.forEach((sid) => world.stall(leader, sid));
        return members;
      };
      if (world.reconfigure(next) && random() < 0.5) thick = THICK_STEPS;
    } else world.step();
  }
  world.heal();
  const needed = neededToGoOn(world);
  for (const sid of sids)
    if (needed.has(sid)) world.start(sid);
    else world.crash(sid);
  world.heal();
  runUntil(world, () => world.leading.length > 0, SETTLE_STEPS);
  world.propose();
  runUntil(world, () => settled(world) && world.leading.length === 1, SETTLE_STEPS);
  expectRoles(world);
  return world;
}

/** One fault of those by which old and new members could each go on without the others. */
function parting(world: World, side: readonly ServerId[], random: () => number): void {
  const dice = random();
  const leader = world.leading[0]?.core.sid;
  const one = side[Math.floor(random() * side.length)];
  if (one === undefined) return;
  if (dice < 0.2 && leader !== undefined) side.forEach((sid) => world.stall(leader, sid));
  else if (dice < 0.4 && leader !== undefined) world.stall(leader, one);
  else if (dice < 0.5 && leader !== undefined) world.crash(leader);
  else if (dice < 0.6) world.partition(new Set(side));
  else if (dice < 0.7) world.coup([one]);
  else if (dice < 0.8)
    world.sids.filter((sid) => !side.includes(sid)).forEach((sid) => world.crash(sid));
  else if (dice < 0.9) world.crash(one);
  else world.start(one);
}

/** Whom a partition may set apart so that old and new members could each go on without the others. */
function oneSide(
  now: Membership,
  next: Members,
  leader: ServerId,
  random: () => number,
): readonly ServerId[] {
  const sides = [now.voters, next.voters, now.voters.filter((sid) => sid !== leader)];
  return sides[Math.floor(random() * sides.length)] ?? [];
}

/** Everybody knows the last members, and does what they say. */
function expectRoles(world: World): void {
  for (const { sid, file, peer } of world.nodes.values()) {
    if (!peer) continue;
    const members = world.lastMembership ?? (sid === world.leading[0]?.core.sid ? file : null);
    const { membership, pendingMembership, state } = peer;
    if (members && (membership.version !== members.version || pendingMembership))
      throw new Error(`${sid} has members ${JSON.stringify({ membership, pendingMembership })}`);
    if (isVoter(membership, sid) !== (state !== "OBSERVING"))
      throw new Error(`${sid} is ${state} among ${JSON.stringify(membership)}`);
  }
}

/**
 * After the storm the operator may switch off whom the last committed members do without, once a
 * quorum of them durably knows that they are committed, but not whom a member's log would make one.
 */
function neededToGoOn(world: World): Set<ServerId> {
  const last = world.lastMembership;
  if (last === null) return new Set(world.sids);
  const nodes = [...world.nodes.values()];
  const knowing = nodes.filter(
    ({ sid, disk }) => isVoter(last, sid) && disk.committed >= last.version,
  );
  if (knowing.length * 2 <= last.voters.length) return new Set(world.sids);
  const needed = new Set([...last.voters, ...last.observers]);
  for (const node of nodes)
    if (isMember(last, node.sid))
      for (const { voters, observers } of proposedAfter(last, node))
        for (const sid of [...voters, ...observers]) needed.add(sid);
  return needed;
}

function proposedAfter(last: Membership, { disk, peer }: Node): Membership[] {
  const logged = disk.log.flatMap((entry) => membershipIn(entry) ?? []);
  const held = peer?.pendingMembership ? [peer.pendingMembership] : [];
  return [...logged, ...held].filter(({ version }) => version > last.version);
}
