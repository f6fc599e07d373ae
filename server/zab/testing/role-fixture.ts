/** A role alone, without a peer around it: what it sends and asks is kept, its disk is at once durable. */
import { makeZxid, NO_ZXID, type ServerId, type Zxid } from "../../ids.ts";
import type { LogEntry } from "../../storage/storage.ts";
import { type RoleControl, ZabCore, type ZabOutput } from "../core.ts";
import type { Membership } from "../membership.ts";
import type { ZabMessage } from "../messages.ts";

export const sid = (id: number): ServerId => id as ServerId;

export function members(voters: number[], observers: number[] = [], version = 0): Membership {
  return { version: version as Zxid, voters: voters.map(sid), observers: observers.map(sid) };
}

/** An entry that proposes these voters; its payload is the list. */
export function reconfiguration(zxid: Zxid, voters: number[]): LogEntry {
  return { zxid, bytes: Buffer.from(voters.join(",")) };
}

export function entry(zxid: Zxid): LogEntry {
  return { zxid, bytes: Buffer.alloc(0) };
}

export const zxid = makeZxid;

function membershipIn({ zxid: version, bytes }: LogEntry): Membership | null {
  if (bytes.length === 0) return null;
  return members(bytes.toString().split(",").map(Number), [], version);
}

export interface RoleFixture {
  readonly core: ZabCore;
  readonly control: RoleControl;
  /** `2 newLeader`: receiver and type of everything sent since it was last taken. */
  takeSent(): string[];
  /** The messages to one server, since they were last taken. */
  readonly messages: { to: ServerId; message: ZabMessage }[];
  /** Why the role was given up, in order. */
  readonly looked: string[];
  readonly established: number[];
  readonly delivered: Zxid[];
  /** Saves of epochs that are under way: call to have them on disk. */
  readonly saves: number[];
}

export interface RoleStart {
  readonly sid?: number;
  readonly membership: Membership;
  readonly entries?: readonly LogEntry[];
  readonly committed?: Zxid;
  readonly accepted?: number;
  readonly current?: number;
}

export function roleFixture(start: RoleStart): RoleFixture {
  const messages: RoleFixture["messages"] = [];
  const looked: string[] = [];
  const established: number[] = [];
  const delivered: Zxid[] = [];
  const saves: number[] = [];
  const output: ZabOutput = {
    send: (to, message) => messages.push({ to, message }),
    broadcast: (to, message) => {
      for (const one of to) messages.push({ to: one, message });
    },
    dropLink: () => undefined,
    append: () => undefined,
    truncate: () => undefined,
    saveEpochs: (_epochs, token) => saves.push(token),
    installSnapshot: () => null,
    sendSnapshot: () => NO_ZXID,
    deliver: ({ zxid: at }) => delivered.push(at),
    membershipChanged: () => undefined,
    stateChanged: () => undefined,
    serve: () => undefined,
    synchronizing: () => undefined,
    confirmed: () => undefined,
  };
  const { entries = [], committed = NO_ZXID, accepted = 0, current = 0 } = start;
  const core = new ZabCore(
    {
      sid: sid(start.sid ?? 1),
      membership: start.membership,
      membershipIn,
      tickMs: 20,
      initLimitTicks: 10,
      syncLimitTicks: 5,
      finalizeWaitMs: 5,
      history: { maxEntries: 100, maxBytes: 1_000 },
    },
    { epochs: { accepted, current }, committed, entries, base: NO_ZXID },
    output,
    () => undefined,
  );
  return {
    core,
    control: {
      look: (reason) => looked.push(reason),
      discovered: () => undefined,
      established: (epoch) => established.push(epoch),
    },
    takeSent: () => messages.splice(0).map(({ to, message }) => `${to} ${message.type}`),
    messages,
    looked,
    established,
    delivered,
    saves,
  };
}
