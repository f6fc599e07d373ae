/** What operators do to an ensemble's members, drawn at random. Only for tests. */
import type { ServerId } from "../../ids.ts";
import type { Membership } from "../membership.ts";

export type Members = Omit<Membership, "version">;

/**
 * New members: one added, removed, promoted or demoted, the leader sent away, some replaced at once,
 * all replaced, or none changed. `all` are the servers there are; the result always has a voter.
 */
export function randomMembers(
  now: Membership,
  leader: ServerId,
  all: readonly ServerId[],
  random: () => number,
): Members {
  const voters = new Set(now.voters);
  const observers = new Set(now.observers);
  const pick = (from: Iterable<ServerId>): ServerId | undefined => {
    const list = [...from];
    return list[Math.floor(random() * list.length)];
  };
  const others = (): ServerId[] => all.filter((sid) => !voters.has(sid));
  const addVoter = (sid = pick(others())): void => {
    if (sid === undefined) return;
    observers.delete(sid);
    voters.add(sid);
  };
  const removeVoter = (sid = pick(voters)): void => {
    if (sid !== undefined && voters.size > 1) voters.delete(sid);
  };
  const kinds: (() => void)[] = [
    addVoter,
    addVoter,
    removeVoter,
    () => removeVoter(leader),
    () => {
      const before = [...voters];
      for (const sid of before.slice(0, 2)) {
        addVoter();
        removeVoter(sid);
      }
    },
    () => {
      const before = [...voters];
      for (const sid of others().slice(0, before.length)) addVoter(sid);
      for (const sid of before) removeVoter(sid);
    },
    () => {
      const sid = random() < 0.3 ? leader : pick(voters);
      if (sid === undefined || voters.size < 2) return;
      voters.delete(sid);
      observers.add(sid);
    },
    () => {
      const sid = pick(others());
      if (sid !== undefined) observers.add(sid);
    },
    () => {
      const sid = pick(observers);
      if (sid !== undefined) observers.delete(sid);
    },
    () => undefined,
  ];
  kinds[Math.floor(random() * kinds.length)]?.();
  return { voters: [...voters], observers: [...observers] };
}
