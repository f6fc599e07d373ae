import { expect, test } from "vitest";
import { Network } from "./network.ts";
import { World } from "./world.ts";

function networkThatSplits(percent: number): Network {
  return new Network(new World({ seed: 7, turnMs: 0, trace: null }), [1, 1], percent);
}

test("a network may cut what is written in two, anywhere, and loses nothing of it", () => {
  const network = networkThatSplits(100);
  const data = Buffer.from("all of this arrives");
  const cuts = new Set<number>();
  for (let left = 500; left > 0; left--) {
    const pieces = network.piecesOf(data);
    expect(Buffer.concat(pieces)).toEqual(data);
    expect(pieces.every(({ length }) => length > 0)).toBe(true);
    cuts.add(pieces[0]?.length ?? 0);
  }
  expect(cuts.size).toBe(data.length - 1);
});

test("of a hundred writes it cuts as many as the plan says, and none of a single byte", () => {
  const network = networkThatSplits(5);
  const data = Buffer.alloc(100);
  const cut = Array.from({ length: 4_000 }, () => network.piecesOf(data).length - 1);
  const sum = cut.reduce((total, each) => total + each, 0);
  expect(sum).toBeGreaterThan(120);
  expect(sum).toBeLessThan(280);
  expect(networkThatSplits(0).piecesOf(data)).toEqual([data]);
  expect(networkThatSplits(100).piecesOf(Buffer.alloc(1))).toHaveLength(1);
});
