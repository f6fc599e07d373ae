/**
 * What should have happened somewhere in a set of seeds, by the names under which runs count it. A class
 * that never fires proves nothing, and nobody would notice.
 */
import type { HistoryRecord, OpRecord } from "../../results/history.ts";
import { FAULT_CLASS_NAMES } from "./generate/fault-classes.ts";
import type { World } from "./world/world.ts";

export interface CoverageGroup {
  readonly name: string;
  /** Keys of `SimOutcome.coverage`, each of which should be there. */
  readonly expected: readonly string[];
}

/** Expected over some hundred seeds; a single seed has a few of them. */
export const COVERAGE: readonly CoverageGroup[] = [
  { name: "fault classes", expected: FAULT_CLASS_NAMES.map((name) => `fault: ${name}`) },
  {
    name: "crash points",
    expected: ["create", "write", "sync", "rename", "syncDirectory", "cut", "remove"].map(
      (step) => `crash point: ${step}`,
    ),
  },
  { name: "network", expected: ["network: a write in two pieces"] },
  {
    name: "Zab transitions",
    expected: [
      "log: now LOOKING",
      "log: now LEADING",
      "log: now FOLLOWING",
      "log: now OBSERVING",
      "sync: diff",
      "sync: trunc",
      "sync: snap",
      "reconfig: ok",
    ],
  },
  {
    name: "recovery paths",
    expected: [
      "recovery: of what was on disk",
      "recovery: torn tail cut",
      "recovery: unfinished file removed",
      "recovery: damaged snapshot passed over",
    ],
  },
  {
    name: "sessions",
    expected: [
      "session: created",
      "session: reconnected",
      "session: expired",
      "session: closed",
      "session: expired by the leader",
      "session: to another server",
      "session: taken over",
    ],
  },
  {
    name: "watches",
    expected: ["created", "deleted", "dataChanged", "childrenChanged"].map(
      (type) => `watch: ${type}`,
    ),
  },
  {
    name: "operations",
    expected: [
      "create",
      "delete",
      "setData",
      "getData",
      "exists",
      "getChildren",
      "sync",
      "multi",
      "setACL",
      "getACL",
      "addWatch",
      "removeWatches",
      "connect",
      "close",
    ].map((op) => `op: ${op} ok`),
  },
  {
    name: "outcomes",
    expected: [
      "multi: failed in its first part",
      "multi: failed in a later part",
      "op: create info",
      "op: setData info",
      "op: multi info",
      "op: delete fail",
      "grant: acquired",
      "grant: released",
      "fence: accepted",
      "fence: refused",
    ],
  },
];

/** From so many seeds on what comes up in every twelfth or more must have happened in one of them. */
export const COVERAGE_SEEDS_MIN = 200;
/** What is rarer, and from how many seeds on it must have: by chance it is missing less than once in 10,000 sets. */
const RARE: Readonly<Record<string, number>> = {
  "fault: bit-rot": 500,
  "fault: bridge": 500,
  "fault: fsync-fails": 500,
  "fault: ring": 1_000,
  "crash point: create": 500,
  "crash point: write": 500,
  "crash point: rename": 500,
  "crash point: cut": 500,
  "crash point: syncDirectory": 500,
  "crash point: remove": 10_000,
  "recovery: torn tail cut": 500,
  "recovery: damaged snapshot passed over": 1_000,
  "fence: refused": 500,
};

/**
 * What must have come up in so many seeds and is not among `counts`, by group; groups that miss nothing
 * are left out, and all are when the seeds are too few to tell.
 */
export function missingCoverage(
  counts: Readonly<Record<string, number>>,
  seeds: number,
): { readonly name: string; readonly missing: readonly string[] }[] {
  const isMissing = (key: string): boolean =>
    (counts[key] ?? 0) === 0 && seeds >= (RARE[key] ?? COVERAGE_SEEDS_MIN);
  return COVERAGE.map(({ name, expected }) => ({
    name,
    missing: expected.filter(isMissing),
  })).filter(({ missing }) => missing.length > 0);
}

/** Counts what clients did and saw. */
export function countHistory(world: World, records: readonly HistoryRecord[]): void {
  const serverOf = new Map<string, number>();
  const clientOf = new Map<string, number>();
  for (const record of records) {
    switch (record.kind) {
      case "op":
        world.count(`op: ${record.op} ${record.outcome}`);
        if (record.op === "multi" && record.outcome === "fail") countMulti(world, record);
        break;
      case "watch":
        world.count(`watch: ${record.type}`);
        break;
      case "session": {
        const { session, server, client, event } = record;
        world.count(`session: ${event}`);
        if (event === "reconnected") {
          if ((serverOf.get(session) ?? server) !== server)
            world.count("session: to another server");
          if ((clientOf.get(session) ?? client) !== client) world.count("session: taken over");
        }
        serverOf.set(session, server);
        clientOf.set(session, client);
        break;
      }
      case "grant":
        world.count(`grant: ${record.event}`);
        break;
      case "fence":
        world.count(`fence: ${record.accepted ? "accepted" : "refused"}`);
        break;
      case "protocol":
        world.count("protocol error");
        break;
    }
  }
}

/** Which of its parts made a multi fail. */
function countMulti(world: World, { parts = [] }: OpRecord): void {
  const failed = parts.findIndex(({ code }) => code !== 0 && code !== -2);
  if (failed < 0) return;
  world.count(`multi: failed in ${failed === 0 ? "its first part" : "a later part"}`);
}
