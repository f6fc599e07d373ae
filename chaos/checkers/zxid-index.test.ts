import { expect, test } from "vitest";
import { ZxidIndex } from "./zxid-index.ts";

const EPOCH = 2 ** 32;
/** Two epochs, the second with a gap, as where a log was cut and merged. */
const ZXIDS = [EPOCH + 1, EPOCH + 2, EPOCH + 3, 2 * EPOCH + 1, 2 * EPOCH + 4, 2 * EPOCH + 5];

test("every zxid is found where it stands, whichever was asked for before", () => {
  const index = new ZxidIndex(Float64Array.from(ZXIDS));
  for (const before of ZXIDS) {
    for (const [at, zxid] of ZXIDS.entries()) {
      index.indexOf(before);
      expect(index.indexOf(zxid)).toBe(at);
    }
  }
});

test("a zxid that the list lacks is not found, between, before or after the others", () => {
  const index = new ZxidIndex(Float64Array.from(ZXIDS));
  const lacking = [0, -1, EPOCH, EPOCH + 4, 2 * EPOCH + 2, 2 * EPOCH + 6, Number.NaN];
  for (const zxid of lacking) expect(index.indexOf(zxid)).toBe(-1);
  expect(new ZxidIndex(new Float64Array()).indexOf(0)).toBe(-1);
});

test("those up to a zxid are counted, the zxid itself included", () => {
  const index = new ZxidIndex(Float64Array.from(ZXIDS));
  const counted = [0, EPOCH + 2, 2 * EPOCH, 2 * EPOCH + 4, 9 * EPOCH].map((zxid) =>
    index.countUpTo(zxid),
  );
  expect(counted).toEqual([0, 2, 3, 5, 6]);
});
