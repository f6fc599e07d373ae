/**
 * Watches across reconnects: in every tale client 1 comes back to a server that tells it what it
 * missed, by comparing the znodes with the last zxid that the client had seen (ZooKeeper's setWatches).
 */
import { describe, expect, test } from "vitest";
import { complaint, judge } from "./story-verdict.ts";
import { tellWatches } from "./watch-tale.ts";
import { watches } from "./watches.ts";

describe("legal after a reconnect: a client", () => {
  test.each([
    ["that missed nothing is told nothing", "data /a; disconnect; reconnect 1; read"],
    [
      "hears of a change that it missed",
      "data /a; disconnect; set /a; reconnect 1; event dataChanged /a 2; read",
    ],
    [
      "hears of the last of many changes that it missed",
      "data /a; disconnect; set /a; set /a; reconnect 1; event dataChanged /a 3; read",
    ],
    [
      "hears of an earlier one, when the server has not got further",
      "data /a; disconnect; set /a; set /a; reconnect 1; event dataChanged /a 2; read",
    ],
    [
      "hears of the state that it was on the way to before",
      "data /a; set /a; disconnect; reconnect 1; event dataChanged /a 2; read",
    ],
    [
      "hears of a deletion without its zxid",
      "data /a; disconnect; delete /a; reconnect 1; event deleted /a -; read",
    ],
    [
      "hears of a deletion that the new server makes later",
      "data /a; disconnect; delete /a; reconnect 1; event deleted /a 2; read",
    ],
    [
      "hears of a deletion once for its data and its children",
      "data /a; child /a; disconnect; delete /a; reconnect 1; event deleted /a -; read",
    ],
    [
      "hears of a deletion twice for its data and its children, as ZooKeeper does it",
      "data /a; child /a; disconnect; delete /a; reconnect 1;" +
        "event deleted /a -; event deleted /a -; read",
    ],
    [
      "hears of a znode that was deleted and created again as of one that was changed",
      "data /a; disconnect; delete /a; create /a; reconnect 1; event dataChanged /a 3; read",
    ],
    [
      "hears of its deletion, when the server has not got further",
      "data /a; disconnect; delete /a; create /a; reconnect 1; event deleted /a -; read",
    ],
    [
      "hears of children whose parent was deleted and created again",
      "child /a; disconnect; delete /a; create /a; set /a; reconnect 4;" +
        "event childrenChanged /a 3; read",
    ],
    [
      "hears of a creation that it waited for",
      "await /b; disconnect; create /b; set /b; reconnect 1; event created /b 2; read",
    ],
    [
      "hears of a creation, when the server has not got to the deletion",
      "await /b; disconnect; create /b; delete /b; reconnect 2; event created /b 2; read",
    ],
    [
      "does not hear of a znode that came and went",
      "await /b; disconnect; create /b; delete /b; reconnect 1; read;" +
        "create /b; event created /b 4; read",
    ],
    [
      "hears of what it missed in the order of its watches",
      "create /b; data /a; data /b; disconnect; set /b; set /a; reconnect 2;" +
        "event dataChanged /a 4; event dataChanged /b 3; read",
    ],
    [
      "hears of a change that comes right after it is back",
      "data /a; disconnect; reconnect 1; set /a; event dataChanged /a 2; read",
    ],
    [
      "that lost its connection again is told by the next server",
      "data /a; disconnect; set /a; reconnect 1; disconnect; reconnect 1;" +
        "event dataChanged /a 2; read",
    ],
    [
      "goes on to hear of changes",
      "data /a; disconnect; reconnect 1; read; set /a; event dataChanged /a 2; read",
    ],
    [
      "is not told of the time in between by persistent watches",
      "persistent /a; disconnect; set /a; reconnect 1; read; set /a; event dataChanged /a 3; read",
    ],
    [
      "is told of the end of that time by persistent watches",
      "persistent /a; disconnect; set /a; set /a; set /a; reconnect 1; event dataChanged /a 3;" +
        "event dataChanged /a 4; read",
    ],
    [
      "that has a persistent watch too hears what its other watch missed",
      "persistent /a; data /a; disconnect; set /a; reconnect 1; event dataChanged /a 2; read",
    ],
    [
      "may still have a watch that it asked to be removed: what that one missed is not told by all",
      "create /b; recursive /; data /a; lost-remove any /a; disconnect; set /a; set /b; reconnect 2;" +
        "event dataChanged /a 3; read",
    ],
    [
      "may have a watch that it asked for in vain: the deletion that it is told of is not one to come",
      "create /b; recursive /; lost-data /a; disconnect; reconnect 2; event deleted /a -; read;" +
        "event deleted /a 3; delete /a",
    ],
    [
      "of an old server hears without zxids",
      "data /a; child /a; await /b; persistent /c; disconnect; create /c; create /b; create /a/x;" +
        "set /a; reconnect 1; event dataChanged /a -; event childrenChanged /a -;" +
        "event created /b -; event created /c -; read",
    ],
  ])("%s", (_, text) => expect(complaint(watches, tellWatches(text))).toBe("pass"));

  test("the first of two changes of a multi may be told by a watch that was asked for in vain", () => {
    const part = { type: "setData", value: "m", version: 1 } as const;
    const parts = ["/a", "/b"].map((path) => ({ ...part, path }));
    const text =
      "create /b; recursive /; lost-data /a; disconnect; reconnect 2; log;" +
      "event dataChanged /a 3; event dataChanged /b 3; read";
    const tale = tellWatches(text, [{ type: "multi", path: "", parts }]);
    expect(complaint(watches, tale)).toBe("pass");
  });

  test("who may not read the znode is told nothing, or is", () => {
    const closed = { type: "setACL", path: "/a", acl: "digest:me:hash=:31" } as const;
    for (const told of ["", "event dataChanged /a 3;"]) {
      const text = `data /a; disconnect; log; set /a; reconnect 1; ${told} read`;
      expect(complaint(watches, tellWatches(text, [closed]))).toBe("pass");
    }
  });

  test("who asked in vain for a watch to be removed sets it again, and is told what it missed", () => {
    const closed = { type: "setACL", path: "/a", acl: "digest:me:hash=:31" } as const;
    const text =
      "data /a; log; delete /a; unfound data /a; disconnect; reconnect 3; event deleted /a -; read";
    expect(complaint(watches, tellWatches(text, [closed]))).toBe("pass");
  });
});

describe("illegal after a reconnect: a client", () => {
  const told = "Watches broke: client 1";
  test.each([
    [
      "is not told what it missed",
      "data /a; disconnect; set /a; reconnect 1; read",
      `${told} was never told that /a was changed at zxid 0x100000002, though the reply to`,
    ],
    [
      "is not told of a change just after it came back",
      "data /a; disconnect; reconnect 1; set /a; read",
      `${told} was never told that /a was changed at zxid 0x100000002, though the reply to`,
    ],
    [
      "is not told of a deletion",
      "child /a; disconnect; delete /a; create /a; reconnect 1; read",
      `${told} was never told that /a was deleted at zxid 0x100000002, though the reply to`,
    ],
    [
      "is not told of a creation that lasts",
      "await /b; disconnect; create /b; delete /b; create /b; reconnect 1; read",
      `${told} was never told that /b was created at zxid 0x100000004, though the reply to`,
    ],
    [
      "is told after the first reply",
      "data /a; disconnect; set /a; reconnect 1; read; event dataChanged /a 2; read",
      `${told} was told that /a was changed at zxid 0x100000002 only after the reply to client 1's`,
    ],
    [
      "has lost its watch",
      "data /a; disconnect; reconnect 1; read; set /a; read",
      `${told} was never told that /a was changed at zxid 0x100000002, though the reply to`,
    ],
    [
      "has lost its persistent watch",
      "persistent /a; disconnect; reconnect 1; read; set /a; read",
      `${told} was never told that /a was changed at zxid 0x100000002, though the reply to`,
    ],
    [
      "is told by a persistent watch of some of what came later",
      "persistent /a; disconnect; set /a; set /a; set /a; reconnect 1; event dataChanged /a 2;" +
        "event dataChanged /a 4; read",
      `${told} was never told that /a was changed at zxid 0x100000003, though the event`,
    ],
    [
      "is told of what it had seen",
      "data /a; set /a; event dataChanged /a 2; data /a; disconnect; reconnect 2;" +
        "event dataChanged /a 2; read",
      `${told} got the event dataChanged /a (zxid 0x100000002), which the reply to`,
    ],
    [
      "is told of a change before that of the state that it has seen",
      "create /b; data /a; disconnect; set /a; set /a; reconnect 4; event dataChanged /a 3; read 4",
      `${told} got the event dataChanged /a (zxid 0x100000003), but there was no such change`,
    ],
    [
      "is told of a deletion that did not happen",
      "data /a; disconnect; set /b; reconnect 1; event deleted /a -; read",
      `${told} got the event deleted /a (no zxid), but there was no such change of it`,
    ],
    [
      "is told of a deletion that has not happened yet",
      "data /a; disconnect; reconnect 1; event deleted /a -; read; delete /a",
      `${told} got the event deleted /a (no zxid), but the reply to client 1's getData /other (zxid ` +
        "0x100000001) came later, and the first such change is that of zxid 0x100000002.",
    ],
    [
      "is told of a deletion three times",
      "data /a; child /a; disconnect; delete /a; reconnect 1;" +
        "event deleted /a -; event deleted /a -; event deleted /a -; read",
      `${told} got the event deleted /a (no zxid), but its watch had been used up by`,
    ],
    [
      "is told of the creation of a znode that it had seen",
      "data /a; disconnect; delete /a; create /a; reconnect 1; event created /a 3; read",
      `${told} got the event created /a (zxid 0x100000003), but there was no such change`,
    ],
    [
      "is told of what it had removed",
      "data /a; remove data /a; disconnect; set /a; reconnect 1; event dataChanged /a 2; read",
      `${told} got the event dataChanged /a (zxid 0x100000002), but had removed its watch before.`,
    ],
    [
      "is told of what it missed, and then again",
      "data /a; disconnect; set /a; reconnect 1; event dataChanged /a 2; set /a;" +
        "event dataChanged /a 3; read",
      `${told} got the event dataChanged /a (zxid 0x100000003), but its watch had been used up by`,
    ],
  ])("%s", (_, text, message) => {
    const result = judge(watches, tellWatches(text));
    expect(result.violations[0]?.message).toContain(message);
  });
});
