import fc from "fast-check";
import { expect, test } from "vitest";
import { nameOf, parentOf, validatePath } from "./path.ts";

/** PathUtils.validatePath of ZooKeeper, told as a sentence: slow, and plain. */
function isPath(path: string): boolean {
  if (path === "/") return true;
  const [root, ...names] = path.split("/");
  return root === "" && names.length > 0 && names.every(isName);
}

function isName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && [...allUnits(name)].every(isAllowed);
}

function* allUnits(text: string): Generator<number> {
  for (let at = 0; at < text.length; at++) yield text.charCodeAt(at);
}

function isAllowed(unit: number): boolean {
  if (unit <= 0x1f || (unit >= 0x7f && unit <= 0x9f)) return false;
  return !(unit >= 0xd800 && unit <= 0xf8ff) && unit < 0xfff0;
}

/** Characters at both sides of every border, and those that mean something. */
const unit = fc.constantFrom(
  ..."/|.|a| |é".split("|"),
  ...[0, 1, 0x1f, 0x20, 0x7e, 0x7f, 0x9f, 0xa0, 0xd7ff, 0xd800, 0xf8ff, 0xf900, 0xffef, 0xfff0].map(
    (code) => String.fromCharCode(code),
  ),
);
const anyPath = fc.oneof(
  fc.array(unit, { maxLength: 8 }).map((units) => units.join("")),
  fc.array(unit, { maxLength: 8 }).map((units) => `/${units.join("")}`),
  fc.string({ unit: "binary", maxLength: 12 }).map((text) => `/${text}`),
  fc
    .array(fc.constantFrom("a", "..", ".", "", "b c", "…"), { maxLength: 4 })
    .map((names) => names.map((name) => `/${name}`).join("")),
);

test("a path is refused exactly when the rules refuse it", () => {
  fc.assert(
    fc.property(anyPath, (path) => {
      expect(validatePath(path, false) === null).toBe(isPath(path));
    }),
    { numRuns: 3_000 },
  );
});

test("a sequential create's path is judged with its number behind it", () => {
  fc.assert(
    fc.property(anyPath, (path) => {
      expect(validatePath(path, true) === null).toBe(isPath(`${path}1`));
    }),
    { numRuns: 3_000 },
  );
});

test("parent and name of a path make it again", () => {
  fc.assert(
    fc.property(
      anyPath.filter((path) => path !== "/" && isPath(path)),
      (path) => {
        const parent = parentOf(path);
        expect(isPath(parent)).toBe(true);
        expect(`${parent === "/" ? "" : parent}/${nameOf(path)}`).toBe(path);
      },
    ),
    { numRuns: 1_000 },
  );
});
