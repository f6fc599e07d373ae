import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../server/errors.ts";
import { answersTo } from "./model-answers.ts";
import type { ModelRequest } from "./model-answers.ts";
import { cversionOf } from "./model-znode.ts";
import { sequenceSuffix, versionAfter } from "./sequence-number.ts";
import { TreeModel } from "./tree-model.ts";
import type { ModelChange } from "./tree-model.ts";

function told(changes: readonly ModelChange[], whole = true): TreeModel {
  const model = new TreeModel(whole);
  for (const [index, change] of changes.entries()) model.apply(change, at(index + 1));
  return model;
}

function at(zxid: number) {
  return { zxid, timeMs: zxid * 100 };
}

function create(path: string, ephemeralOwner = "0x0", acl = "world:anyone:31"): ModelChange {
  return { type: "create", path, value: "v", dataLength: 1, ephemeralOwner, acl };
}

describe("what a transaction does to a znode's Stat", () => {
  test("a child's coming and going changes cversion, pzxid and numChildren of the parent alone", () => {
    const model = told([create("/a"), create("/a/b"), { type: "delete", path: "/a/b" }]);
    const node = model.get("/a");
    expect(node).toMatchObject({ czxid: 1, mzxid: 1, pzxid: 3, version: 0, numChildren: 0 });
    expect(node && cversionOf(node)).toBe(2);
  });

  test("new data change mzxid, mtime, version and dataLength, and a new ACL aversion alone", () => {
    const model = told([
      create("/a"),
      { type: "setData", path: "/a", value: "longer", dataLength: 6, version: 1 },
      { type: "setACL", path: "/a", acl: "world:anyone:1", version: 1 },
    ]);
    expect(model.get("/a")).toMatchObject({
      ctimeMs: 100,
      mtimeMs: 200,
      mzxid: 2,
      version: 1,
      aversion: 1,
      dataLength: 6,
    });
  });

  test("versions go round the 32-bit numbers and leave out −1", () => {
    expect([versionAfter(2 ** 31 - 1), versionAfter(-2)]).toEqual([-(2 ** 31), 0]);
    expect([sequenceSuffix(7), sequenceSuffix(-7)]).toEqual(["0000000007", "-000000007"]);
  });
});

test.each<[ModelChange, string]>([
  [create("/a"), "it is there already"],
  [create("/none/b"), "its parent is not there"],
  [create("/e/b"), "its parent is ephemeral"],
  [{ type: "delete", path: "/" }, "it has children"],
  [{ type: "delete", path: "/none" }, "there is no such znode"],
  [{ type: "setData", path: "/a", version: 2 }, "its version is 0"],
  [{ type: "setData", path: "/none", version: 1 }, "there is no such znode"],
  [{ type: "setACL", path: "/a", version: 3 }, "the version of its ACL is 0"],
  [{ type: "check", path: "/a", version: 4 }, "its version is 0"],
])("a transaction that does not fit is told apart: %o", (change, misfit) => {
  expect(told([create("/a"), create("/e", "0x1")]).apply(change, at(3))).toBe(misfit);
});

const anyVersion = -1;

describe("what a request deserves", () => {
  const model = told([
    create("/a"),
    create("/a/b"),
    create("/e", "0x1"),
    create("/ro", "0x0", "world:anyone:1"),
  ]);

  test.each<[ModelRequest, number[]]>([
    [{ type: "create", path: "/a", flags: 0 }, [ErrorCode.NodeExists]],
    [{ type: "create", path: "/x/y", flags: 0 }, [ErrorCode.NoNode]],
    [{ type: "create", path: "/e/y", flags: 0 }, [ErrorCode.NoChildrenForEphemerals]],
    [{ type: "create", path: "/ro/y", flags: 0 }, [ErrorCode.NoAuth, ErrorCode.Ok]],
    [{ type: "create", path: "/a/", flags: 2 }, [ErrorCode.Ok]],
    [{ type: "delete", path: "/a", version: anyVersion }, [ErrorCode.NotEmpty]],
    [{ type: "delete", path: "/a", version: 1 }, [ErrorCode.BadVersion]],
    [{ type: "delete", path: "/a/b", version: 0 }, [ErrorCode.Ok]],
    [{ type: "delete", path: "/x", version: 0 }, [ErrorCode.NoNode]],
    [{ type: "setData", path: "/a", version: 1 }, [ErrorCode.BadVersion]],
    [{ type: "setData", path: "/ro", version: 0 }, [ErrorCode.NoAuth, ErrorCode.Ok]],
    [{ type: "setACL", path: "/a", version: 0 }, [ErrorCode.Ok]],
    [{ type: "check", path: "/ro", version: 0 }, [ErrorCode.Ok]],
    [{ type: "getData", path: "/ro" }, [ErrorCode.Ok]],
    [{ type: "getACL", path: "/x" }, [ErrorCode.NoNode]],
  ])("%o", (request, codes) => {
    expect([...(answersTo(model, request) ?? [])]).toEqual(codes);
  });
});

describe("a model that begins in the middle", () => {
  test("does not know a znode that it was not told, and knows the children of one that it was", () => {
    const model = told([create("/a")], false);
    expect(model.get("/x")).toBeUndefined();
    expect(model.get("/a/b")).toBeNull();
    expect(answersTo(model, { type: "delete", path: "/x", version: 1 })).toBeNull();
  });

  test("knows of a znode what later transactions say", () => {
    const model = told([{ type: "setData", path: "/x", value: "v", version: 7 }], false);
    expect(model.get("/x")).toMatchObject({ version: 7, value: "v", mzxid: 1, czxid: undefined });
    model.apply(create("/x/y"), at(2));
    expect(model.get("/x")).toMatchObject({ pzxid: 2, numChildren: undefined });
  });
});

test("a draft goes its own way", () => {
  const model = told([create("/a")]);
  const draft = model.draft();
  draft.apply(create("/a/b"), at(2));
  draft.apply({ type: "delete", path: "/a/b" }, at(2));
  expect([draft.get("/a")?.pzxid, model.get("/a")?.pzxid]).toEqual([2, 1]);
  expect([draft.get("/a/b"), model.get("/a/b")]).toEqual([null, null]);
});
