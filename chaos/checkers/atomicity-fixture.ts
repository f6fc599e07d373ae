/** The small tree that the tests of C2 judge replies against. */
import type { StatRecord } from "../../results/history.ts";
import { Story, z } from "./story.ts";

/** Of a znode that is nobody's ephemeral. */
export const NOBODY = "0x0";

/** /a exists since z(1), made at 1 s of the wall clock, and has had data once, at z(2). */
export function tree(): Story {
  const story = new Story();
  story.logged({ ...made("/a", z(1)), timeMs: 1_000, dataLength: 3, acl: "world:anyone:31" });
  const set = { zxid: z(2), type: "setData", path: "/a", value: "two", version: 1 } as const;
  return story.logged({ ...set, timeMs: 2_000, dataLength: 4, session: "0x7", cxid: 1 });
}

/** A create in the log. */
export function made(path: string, zxid: number, ephemeralOwner = NOBODY) {
  return { zxid, type: "create", path, value: "one", ephemeralOwner, version: 0 } as const;
}

/** Of /a in that tree. */
export const STAT: StatRecord = {
  czxid: z(1),
  mzxid: z(2),
  pzxid: z(1),
  ctimeMs: 1_000,
  mtimeMs: 2_000,
  version: 1,
  cversion: 0,
  aversion: 0,
  dataLength: 4,
  numChildren: 0,
  ephemeralOwner: NOBODY,
};
