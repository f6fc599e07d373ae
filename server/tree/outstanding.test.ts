import { expect, test } from "vitest";
import type { Zxid } from "../ids.ts";
import { Outstanding } from "./outstanding.ts";

function change(key: string, zxid: number): { key: string; zxid: Zxid } {
  return { key, zxid: zxid as Zxid };
}

test("a later change of a key outlives the drop of an earlier one", () => {
  const outstanding = new Outstanding<string, ReturnType<typeof change>>();
  for (const added of [change("a", 1), change("b", 1), change("a", 2)]) outstanding.add(added);
  outstanding.dropThrough(1 as Zxid);
  expect(outstanding.get("b")).toBeUndefined();
  expect(outstanding.get("a")).toEqual(change("a", 2));
  outstanding.dropThrough(2 as Zxid);
  expect(outstanding.get("a")).toBeUndefined();
  expect(outstanding.size).toBe(0);
});

test("stays right over many changes, of which some are always in flight", () => {
  const outstanding = new Outstanding<string, ReturnType<typeof change>>();
  for (let zxid = 1; zxid <= 10_000; zxid++) {
    outstanding.add(change(`k${zxid}`, zxid));
    if (zxid > 5) outstanding.dropThrough((zxid - 5) as Zxid);
  }
  expect(outstanding.size).toBe(5);
  expect([...outstanding.all()].map(({ zxid }) => zxid)).toEqual([9996, 9997, 9998, 9999, 10_000]);
});

test("changes that are taken back uncover what they covered, and nothing else is touched", () => {
  const outstanding = new Outstanding<string, ReturnType<typeof change>>();
  for (const added of [change("a", 1), change("b", 2)]) outstanding.add(added);
  outstanding.begin();
  for (const added of [change("a", 3), change("c", 3), change("a", 3)]) outstanding.add(added);
  outstanding.takeBack();
  expect([...outstanding.all()]).toEqual([change("a", 1), change("b", 2)]);
  expect(outstanding.size).toBe(2);
  outstanding.begin();
  outstanding.add(change("b", 4));
  outstanding.keep();
  outstanding.dropThrough(2 as Zxid);
  expect([...outstanding.all()]).toEqual([change("b", 4)]);
});
