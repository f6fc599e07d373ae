import { expect, test } from "vitest";
import { Op } from "./op.ts";
import { OpQueue } from "./op-queue.ts";

class TestOp extends Op {
  readonly isWrite = false;
  override encode(): void {}
  override done(): void {}
}

function opUntil(deadlineMs: number): Op {
  const op = new TestOp();
  op.deadlineMs = deadlineMs;
  return op;
}

test("operations come out in the order they went in, also when the queue grows around its end", () => {
  const queue = new OpQueue();
  const out: number[] = [];
  let pushed = 0;
  for (let round = 0; round < 50; round++) {
    for (let n = 0; n < 7 * round; n++) queue.push(opUntil(pushed), ++pushed);
    for (let n = 0; n < 5 * round; n++) {
      out.push(queue.headXid);
      expect(queue.shift()?.deadlineMs).toBe(out.length - 1);
    }
  }
  expect(out).toEqual(out.map((_, index) => index + 1));
  expect(queue.length).toBe(pushed - out.length);
});

test("an operation that timed out leaves its xid for the reply that may still come", () => {
  const queue = new OpQueue();
  const ops = [10, 20, 30].map(opUntil);
  ops.forEach((op, index) => queue.push(op, index + 1));
  expect(queue.takeExpired(5)).toBeNull();
  expect(queue.takeExpired(20)).toBe(ops[0]);
  expect(queue.takeExpired(20)).toBe(ops[1]);
  expect(queue.takeExpired(20)).toBeNull();
  expect(queue.nextDeadlineMs()).toBe(30);
  expect([queue.length, queue.headXid, queue.shift()]).toEqual([3, 1, null]);
  queue.dropTimedOut();
  expect([queue.length, queue.headXid, queue.shift()]).toEqual([1, 3, ops[2]]);
  expect(queue.nextDeadlineMs()).toBe(Number.POSITIVE_INFINITY);
});
