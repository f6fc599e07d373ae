/** A tree of many znodes, made by several clients at once. */
import type { ZkClient } from "../client/client.ts";
import { until } from "./interruptible.ts";
import type { BenchContext } from "./part.ts";

const PER_PARENT = 1_000;
/** Requests of one client that are under way at one time. */
const OUTSTANDING = 500;
const PROGRESS_EVERY = 50_000;

export interface TreeSize {
  readonly count: number;
  readonly valueBytes: number;
}

/** The paths of so many znodes; their parents are not among them. */
export function* treePaths(count: number): Generator<string> {
  for (let index = 0; index < count; index++) {
    const parent = Math.floor(index / PER_PARENT);
    yield `/bench/${parent}/znode-${String(index).padStart(10, "0")}`;
  }
}

/**
 * Creates the znodes and their parents: as fast as it goes, with all the clients. Throws when one cannot
 * be created.
 */
export async function createTree(
  { signal }: BenchContext,
  clients: readonly ZkClient[],
  { count, valueBytes }: TreeSize,
  progress: (created: number) => void,
): Promise<void> {
  const data = Buffer.alloc(valueBytes, "x");
  const create = async (client: ZkClient, path: string, value: Buffer | null): Promise<void> => {
    const { outcome, code } = await until(signal, client.create(path, value));
    if (outcome !== "ok") throw new Error(`${path} could not be created: error ${code}`);
  };
  const [first] = clients;
  if (first === undefined) throw new Error("a tree needs a client to create it");
  await create(first, "/bench", null);
  const parents = Math.ceil(count / PER_PARENT);
  for (let parent = 0; parent < parents; parent++) await create(first, `/bench/${parent}`, null);
  // Parents are there on every server before anything is created below them.
  await Promise.all(clients.map((client) => until(signal, client.sync("/"))));
  const paths = treePaths(count);
  let created = 0;
  const work = async (client: ZkClient): Promise<void> => {
    for (const path of paths) {
      await create(client, path, data);
      created++;
      if (created % PROGRESS_EVERY === 0) progress(created);
    }
  };
  const workers = clients.flatMap((client) =>
    Array.from({ length: OUTSTANDING }, () => work(client)),
  );
  await Promise.all(workers);
}
