/**
 * The numbers of the client protocol: operations, reserved xids, create flags, watch events
 * (ZooDefs.OpCode, ClientCnxn, CreateMode, Watcher.Event of ZooKeeper 3.9).
 */
export const OpCode = {
  notification: 0,
  create: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  getACL: 6,
  setACL: 7,
  getChildren: 8,
  sync: 9,
  ping: 11,
  getChildren2: 12,
  check: 13,
  multi: 14,
  create2: 15,
  reconfig: 16,
  checkWatches: 17,
  removeWatches: 18,
  createContainer: 19,
  deleteContainer: 20,
  createTTL: 21,
  multiRead: 22,
  auth: 100,
  setWatches: 101,
  sasl: 102,
  getEphemerals: 103,
  getAllChildrenNumber: 104,
  setWatches2: 105,
  addWatch: 106,
  whoAmI: 107,
  createSession: -10,
  closeSession: -11,
  error: -1,
} as const;

export type OpCode = (typeof OpCode)[keyof typeof OpCode];

/** xids that no ordinary request has. */
export const Xid = {
  watch: -1,
  ping: -2,
  auth: -4,
  setWatches: -8,
} as const;

/** The `flags` of a create. */
export const CreateFlag = {
  persistent: 0,
  ephemeral: 1,
  persistentSequential: 2,
  ephemeralSequential: 3,
  container: 4,
  persistentWithTtl: 5,
  persistentSequentialWithTtl: 6,
} as const;

/** What addWatch is asked for (AddWatchMode). */
export const AddWatchMode = { persistent: 0, persistentRecursive: 1 } as const;

/**
 * Which watches checkWatches and removeWatches mean (Watcher.WatcherType): `children` and `data` are the
 * one-time ones alone, `any` is all kinds.
 */
export const WatcherType = {
  children: 1,
  data: 2,
  any: 3,
  persistent: 4,
  persistentRecursive: 5,
} as const;

export type WatcherType = (typeof WatcherType)[keyof typeof WatcherType];

/** The type of a watch event. */
export const EventType = {
  created: 1,
  deleted: 2,
  dataChanged: 3,
  childrenChanged: 4,
} as const;

export type EventType = (typeof EventType)[keyof typeof EventType];

/** The `state` of every watch event that a server sends (KeeperState.SyncConnected). */
export const STATE_SYNC_CONNECTED = 3;
