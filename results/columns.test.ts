import { expect, test } from "vitest";
import { Float64Column, Int32Column, NumberColumn } from "./columns.ts";

/** More than two pieces of a column. */
const LENGTH = 10_000;

test("whole and broken numbers come back from where they were put", () => {
  const whole = new Int32Column();
  const broken = new Float64Column();
  for (let at = 0; at < LENGTH; at++) {
    whole.push(at - 5_000);
    broken.push(at / 3);
  }
  expect(whole.length).toBe(LENGTH);
  for (let at = 0; at < LENGTH; at++) {
    expect([whole.at(at), broken.at(at)]).toEqual([at - 5_000, at / 3]);
  }
});

test("numbers of any size, and those that are not there, may follow each other", () => {
  const unusual = [undefined, -(2 ** 31), 2 ** 31 - 1, 2 ** 31, 0.5, 2 ** 52, -1, undefined, 0];
  const column = new NumberColumn();
  const items = Array.from({ length: LENGTH }, (_, at) =>
    at % 700 === 3 ? unusual[((at / 700) % unusual.length) | 0] : at,
  );
  for (const item of items) column.push(item);
  expect(items.map((_, at) => column.at(at))).toEqual(items);
});
