import { expect, test } from "vitest";
import type { ServerConfig } from "./config.ts";
import { makeZxid, NO_ZXID } from "./ids.ts";
import { recover } from "./recovery.ts";
import { Replica } from "./replica.ts";
import { type Storage, StorageError } from "./storage/storage.ts";
import { parseZooCfg } from "./zoo-cfg.ts";

const KIND_OF_THE_FUTURE = 99;

test("a committed transaction that this version cannot read is named, with its place and the remedy", () => {
  const zxid = makeZxid(1, 7);
  const storage: Pick<Storage, "recover"> = {
    recover(visitor) {
      visitor.entry({ zxid, bytes: Buffer.alloc(60, KIND_OF_THE_FUTURE) });
      const epochs = { accepted: 1, current: 1 };
      return {
        epochs,
        lastZxid: zxid,
        committedZxid: zxid,
        snapshotZxid: NO_ZXID,
        notes: [],
      };
    },
  };
  const config: ServerConfig = parseZooCfg("dataDir=/d\nclientPort=0", "zoo.cfg", () => null);
  const replica = new Replica<never>(
    () => true,
    () => undefined,
    () => 0,
  );
  const act = (): unknown => recover(storage as Storage, replica, config);
  expect(act).toThrow(StorageError);
  expect(act).toThrow(/the log in \/d holds a transaction at 0x100000007 .* later version/);
});
