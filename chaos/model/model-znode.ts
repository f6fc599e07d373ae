/**
 * A znode as the model knows it. The model is told transactions, and begins with nothing more than
 * every ensemble begins with: what it was not told is not known.
 */
import { sequenceWrap } from "./sequence-number.ts";

/** A field that is undefined is not known. */
export interface ModelZnode {
  readonly czxid: number | undefined;
  readonly mzxid: number | undefined;
  readonly pzxid: number | undefined;
  /** Wall time of the leaders, ms since 1970. */
  readonly ctimeMs: number | undefined;
  readonly mtimeMs: number | undefined;
  readonly version: number | undefined;
  readonly aversion: number | undefined;
  /** Children ever created since the znode was, as a signed 32-bit number. */
  readonly creations: number | undefined;
  readonly numChildren: number | undefined;
  /** As the transaction has it: a session, "0x0", or the number of a container or a time to live. */
  readonly owner: string | undefined;
  /** The tag of the data. */
  readonly value: string | null | undefined;
  readonly dataLength: number | undefined;
  /** `scheme:id:perms`, by commas. */
  readonly acl: string | undefined;
}

/** Nothing is known of it but that it is there. */
export const UNKNOWN_ZNODE: ModelZnode = {
  czxid: undefined,
  mzxid: undefined,
  pzxid: undefined,
  ctimeMs: undefined,
  mtimeMs: undefined,
  version: undefined,
  aversion: undefined,
  creations: undefined,
  numChildren: undefined,
  owner: undefined,
  value: undefined,
  dataLength: undefined,
  acl: undefined,
};

/**
 * Creations and deletions of children together. Every child that was created and is not there any more
 * was deleted, so it is creations + (creations − children), as a signed 32-bit number.
 */
export function cversionOf(node: ModelZnode): number | undefined {
  const { creations, numChildren } = node;
  if (creations === undefined || numChildren === undefined) return undefined;
  return sequenceWrap(2 * creations - numChildren);
}

const BORN_WITH_THE_TREE = {
  czxid: 0,
  mzxid: 0,
  pzxid: 0,
  ctimeMs: 0,
  mtimeMs: 0,
  version: 0,
  aversion: 0,
  creations: 0,
  owner: "0x0",
  value: "",
  dataLength: 0,
} as const;

/** What is there before the first transaction; children of that kind count as no creations. */
export const SYSTEM_ZNODES: readonly (readonly [path: string, node: ModelZnode])[] = [
  ["/", { ...BORN_WITH_THE_TREE, numChildren: 1, acl: "world:anyone:31" }],
  ["/zookeeper", { ...BORN_WITH_THE_TREE, numChildren: 2, acl: "world:anyone:31" }],
  ["/zookeeper/quota", { ...BORN_WITH_THE_TREE, numChildren: 0, acl: "world:anyone:31" }],
  // Its ACL is set once at the start, to the version −1.
  [
    "/zookeeper/config",
    { ...BORN_WITH_THE_TREE, numChildren: 0, aversion: -1, acl: "world:anyone:1" },
  ],
];
