import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ServerFinalState, ServerStatus } from "../../server/http/view.ts";
import { collectFinals } from "./server-finals.ts";
import type { EndingEnsemble } from "./server-finals.ts";

const APPLIED = 0x4_0000_0003;
const LOGGED_BEFORE = 0x3_0000_00e1;

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), "finals-"));
});
afterEach(() => {
  rmSync(dataDir, { recursive: true, force: true });
});

/** A server that has applied everything, and whose disk has it at the `logsAt`th question. */
function slowDisk(logsAt: number): EndingEnsemble & { readonly loggedWhenKilled: number[] } {
  let asked = 0;
  const logged = (): number => (asked >= logsAt ? APPLIED : LOGGED_BEFORE);
  const loggedWhenKilled: number[] = [];
  return {
    loggedWhenKilled,
    servers: [{ id: 1, pid: 1, dataDir }],
    admin: () => ({
      status: async () => {
        asked++;
        return {
          server: 1,
          serving: true,
          appliedZxid: APPLIED,
          loggedZxid: logged(),
        } as ServerStatus;
      },
      finalState: async () =>
        ({ server: 1, appliedZxid: APPLIED, treeDigest: "" }) as unknown as ServerFinalState,
    }),
    kill: async () => {
      loggedWhenKilled.push(logged());
    },
  };
}

test("a server is killed only when its log has what it has shown", async () => {
  const ensemble = slowDisk(4);
  const problems: string[] = [];
  const finals = await collectFinals(ensemble, problems);
  expect(finals.map(({ appliedZxid }) => appliedZxid)).toEqual([APPLIED]);
  expect(ensemble.loggedWhenKilled).toEqual([APPLIED]);
  expect(problems).toEqual([]);
});

test("a disk that takes too long keeps the run from counting, by name", async () => {
  const ensemble = slowDisk(Infinity);
  const problems: string[] = [];
  await collectFinals(ensemble, problems, 10);
  expect(problems).toEqual([
    "Server 1: its final state is not whole: it has applied zxid 0x400000003, and 10 ms later its " +
      "log is on disk only up to 0x3000000e1",
  ]);
  expect(ensemble.loggedWhenKilled).toEqual([LOGGED_BEFORE]);
});
