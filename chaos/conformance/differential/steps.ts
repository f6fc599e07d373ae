/**
 * Random requests: what one of several clients asks next, drawn from a seed. Few paths, so that requests
 * meet; odd ones among them, so that every refusal is met too. The same seed gives the same steps.
 */
import { AddWatchMode, CreateFlag, WatcherType } from "../../../server/wire/opcodes.ts";
import type { Acl } from "../../../server/wire/acl.ts";
import type { MultiOp, MultiRead, Request } from "../../../server/wire/request-types.ts";
import type { SeededRandom } from "../../../loadgen/seeded-random.ts";

/** One thing that one client does; the requests of a batch are sent before the first is answered. */
export type Step =
  | { readonly type: "requests"; readonly client: number; readonly requests: readonly Request[] }
  /** Breaks the connection off and comes back with the session. */
  | { readonly type: "reconnect"; readonly client: number }
  /** Closes the session and opens another. */
  | { readonly type: "renew"; readonly client: number };

export interface StepOptions {
  readonly clients: number;
  readonly steps: number;
}

type Draw<T> = (random: SeededRandom) => T;
type Weighted<T> = readonly (readonly [weight: number, draw: Draw<T>])[];

const NAMES = ["a", "b", "é", "a b"] as const;
const ODD_PATHS = [
  "",
  "a",
  "/a/",
  "//",
  "/a//b",
  "/a/./b",
  "/a/../b",
  "/.",
  "/a\u0000",
  "/a\u0001",
  "/\u007f",
  "/\ufff0",
] as const;
const SYSTEM_PATHS = [
  "/",
  "/zookeeper",
  "/zookeeper/quota",
  "/zookeeper/config",
  "/zookeeper/x",
  "/zookeeper/quota/a",
  "/zookeeper/quota/a/zookeeper_limits",
  "/zookeeper/quota/a/zookeeper_stats",
] as const;
const QUOTAS = [
  "count=2,bytes=-1",
  "count=-1,bytes=-1=;byteHardLimit=20;countHardLimit=-1",
  "count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=3",
] as const;
const VALUES = ["", "x", "hello", "0123456789012345"] as const;
const USERS = ["u1:p1", "u2:p2", "super:conformance"] as const;
/** user:base64(sha1(user:password)) of the first two users. */
const DIGESTS = ["u1:fpT/y03U+EjItKZOSLGvjnJlyng=", "u2:o9NxcCGDPOlcV7JVhmKHOf5ctVE="] as const;

const OPEN: readonly Acl[] = [{ perms: 31, scheme: "world", id: "anyone" }];

export function drawSteps(random: SeededRandom, options: StepOptions): readonly Step[] {
  const quota = random.float() < 0.4 ? [limit(random)] : [];
  return [...quota, ...Array.from({ length: options.steps }, () => drawStep(random, options))];
}

/** A quota on /a, as zkCli sets one: its znodes are met too rarely to come about by chance. */
function limit(random: SeededRandom): Step {
  const znodes = [
    ["/zookeeper/quota/a", ""],
    ["/zookeeper/quota/a/zookeeper_limits", pick(random, QUOTAS)],
    ["/zookeeper/quota/a/zookeeper_stats", "count=0,bytes=0"],
  ] as const;
  return {
    type: "requests",
    client: 0,
    requests: znodes.map(([path, text]) => ({
      type: "create",
      path,
      data: Buffer.from(text),
      acl: OPEN,
      flags: CreateFlag.persistent,
    })),
  };
}

function drawStep(random: SeededRandom, { clients }: StepOptions): Step {
  const client = random.below(clients);
  const chance = random.float();
  if (chance < 0.02) return { type: "reconnect", client };
  if (chance < 0.03) return { type: "renew", client };
  if (chance < 0.05) return { type: "requests", client, requests: [auth(random)] };
  const count = random.float() < 0.7 ? 1 : 2 + random.below(4);
  const requests = Array.from({ length: count }, () => weighted(random, REQUESTS));
  // While a setACL is on its way ZooKeeper goes by the old list, we by the new one: it comes last.
  const last = requests.findIndex(({ type }) => type === "setACL");
  return { type: "requests", client, requests: last < 0 ? requests : requests.slice(0, last + 1) };
}

function weighted<T>(random: SeededRandom, table: Weighted<T>): T {
  let left = random.float() * table.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, draw] of table) {
    left -= weight;
    if (left < 0) return draw(random);
  }
  return (table[0] as Weighted<T>[number])[1](random);
}

function pick<T>(random: SeededRandom, from: readonly T[]): T {
  return from[random.below(from.length)] as T;
}

const path: Draw<string> = (random) => {
  const chance = random.float();
  if (chance < 0.06) return pick(random, ODD_PATHS);
  if (chance < 0.16) return pick(random, SYSTEM_PATHS);
  const depth = 1 + random.below(3);
  return Array.from({ length: depth }, () => `/${pick(random, NAMES)}`).join("");
};

/**
 * ZooKeeper lets the super user write anything into /zookeeper/config; here only a reconfig can. And it
 * cannot go on when the usage of a quota is not what it has written itself.
 */
const ownPath: Draw<string> = (random) => {
  const drawn = path(random);
  return drawn === "/zookeeper/config" || drawn.endsWith("_stats") ? "/zookeeper" : drawn;
};

/** ZooKeeper takes an empty path for the root when it reads; here it is a mistake, as in a write. */
const readPath: Draw<string> = (random) => path(random) || "/";

const data: Draw<Buffer | null> = (random) =>
  random.float() < 0.1 ? null : Buffer.from(pick(random, VALUES));

/** A path to write to, and what: a quota that cannot be read breaks ZooKeeper's writes, and none of ours. */
function place(random: SeededRandom, drawPath: Draw<string>) {
  const drawn = drawPath(random);
  const isQuota = drawn.endsWith("/zookeeper_limits");
  return { path: drawn, data: isQuota ? Buffer.from(pick(random, QUOTAS)) : data(random) };
}

const version: Draw<number> = (random) =>
  random.float() < 0.6 ? -1 : pick(random, [0, 1, 2, 3, -2]);

const acl: Draw<readonly Acl[]> = (random) => {
  if (random.float() < 0.6) return OPEN;
  return Array.from({ length: random.below(3) }, () => ({
    perms: pick(random, [31, 31, 1, 2, 4, 8, 16, 3, 15, 0, 32, -1]),
    ...pick(random, IDENTITIES),
  }));
};

const IDENTITIES = [
  { scheme: "world", id: "anyone" },
  { scheme: "world", id: "someone" },
  { scheme: "auth", id: "" },
  { scheme: "auth", id: "whoever" },
  { scheme: "digest", id: DIGESTS[0] },
  { scheme: "digest", id: DIGESTS[1] },
  { scheme: "digest", id: "nocolon" },
  { scheme: "digest", id: "a:b:c" },
  { scheme: "ip", id: "127.0.0.1" },
  { scheme: "ip", id: "127.0.0.0/8" },
  { scheme: "ip", id: "10.0.0.0/8" },
  { scheme: "ip", id: "1.2.3/33" },
  { scheme: "nonsense", id: "x" },
  { scheme: "", id: "" },
] as const;

const flags: Draw<number> = (random) =>
  random.float() < 0.9
    ? pick(random, [
        CreateFlag.persistent,
        CreateFlag.persistent,
        CreateFlag.ephemeral,
        CreateFlag.persistentSequential,
        CreateFlag.ephemeralSequential,
      ])
    : pick(random, [CreateFlag.container, CreateFlag.persistentWithTtl, 6, 7, -1]);

/**
 * The usage of a quota is written by the server as soon as its znode is there: its creator is shown the
 * Stat before that by ZooKeeper, and the Stat after it by us.
 */
const newPath: Draw<string> = (random) => {
  const drawn = path(random);
  return drawn.endsWith("/zookeeper_stats") ? "/zookeeper/quota/a" : drawn;
};

const create = (random: SeededRandom) =>
  ({ ...place(random, newPath), acl: acl(random), flags: flags(random) }) as const;

const createTtl: Draw<MultiOp & Request> = (random) => {
  const ttlFlags = [CreateFlag.persistentWithTtl, CreateFlag.persistentSequentialWithTtl] as const;
  const fits = random.float() < 0.8;
  // A negative time with flags that have none is let through by ZooKeeper, and stops it when applied.
  const times = [3_600_000n, 7_200_000n, 0n, 2n ** 40n, 2n ** 40n - 1n, 2n ** 62n];
  return {
    ...create(random),
    type: "createTTL",
    flags: fits ? pick(random, ttlFlags) : flags(random),
    ttl: pick(random, fits ? [...times, -1n] : times),
  };
};

const op: Weighted<MultiOp & Request> = [
  [6, (random) => ({ ...create(random), type: "create" })],
  [3, (random) => ({ ...create(random), type: "create2" })],
  [1, (random) => ({ ...create(random), type: "createContainer", flags: CreateFlag.container })],
  [1, createTtl],
  [4, (random) => ({ type: "delete", path: path(random), version: version(random) })],
  [
    5,
    (random) => ({
      type: "setData",
      ...place(random, ownPath),
      version: version(random),
    }),
  ],
];

const check: Draw<MultiOp> = (random) => ({
  type: "check",
  path: path(random),
  version: version(random),
});

const multi: Draw<Request> = (random) => ({
  type: "multi",
  ops: Array.from({ length: random.below(5) }, () =>
    random.float() < 0.2 ? check(random) : withOwnFlags(weighted(random, op)),
  ),
});

/**
 * Flags that do not belong to the opcode: ZooKeeper refuses the whole multi as unreadable, we that part of
 * it as a bad argument.
 */
function withOwnFlags(part: MultiOp & Request): MultiOp {
  if (part.type === "createTTL") return { ...part, flags: CreateFlag.persistentWithTtl };
  const fits =
    !("flags" in part) || (part.flags >= 0 && part.flags <= CreateFlag.ephemeralSequential);
  return fits || part.type === "createContainer" ? part : { ...part, flags: 0 };
}

const read: Draw<MultiRead> = (random) => ({
  type: pick(random, ["getData", "getChildren"]),
  path: readPath(random),
  watch: false,
});

/** By itself: ZooKeeper answers it ahead of requests that came before it. */
const auth: Draw<Request> = (random) => ({
  type: "auth",
  scheme: "digest",
  auth: Buffer.from(pick(random, USERS)),
});

const REQUESTS: Weighted<Request> = [
  [10, (random) => weighted(random, op)],
  ...(["exists", "getData", "getChildren", "getChildren2"] as const).map(
    (type) =>
      [
        2,
        (random: SeededRandom): Request => ({
          type,
          path: readPath(random),
          watch: random.float() < 0.5,
        }),
      ] as const,
  ),
  ...(["getACL", "getAllChildrenNumber", "getEphemerals", "sync"] as const).map(
    (type) => [1, (random: SeededRandom): Request => ({ type, path: readPath(random) })] as const,
  ),
  [
    2,
    (random) => ({
      type: "setACL",
      path: path(random),
      acl: acl(random),
      version: version(random),
    }),
  ],
  [4, multi],
  [1, (random) => ({ type: "multiRead", ops: Array.from({ length: 3 }, () => read(random)) })],
  [
    2,
    (random) => ({
      type: "addWatch",
      path: path(random),
      mode: pick(random, [AddWatchMode.persistent, AddWatchMode.persistentRecursive]),
    }),
  ],
  [
    1,
    (random) => ({
      type: pick(random, ["checkWatches", "removeWatches"]),
      path: path(random),
      watcherType: pick(random, [WatcherType.children, WatcherType.data, WatcherType.any]),
    }),
  ],
  [0.5, () => ({ type: "ping" })],
  [0.5, () => ({ type: "whoAmI" })],
];
