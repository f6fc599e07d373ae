import { expect, test } from "vitest";
import type { Connection } from "../env.ts";
import { TextAnswer } from "./text-answer.ts";

/** A connection that takes nothing, and turns that end when the test says so. */
class SlowReader {
  buffered = 0;
  written = "";
  readonly socket: Connection;
  readonly #soon: (() => void)[] = [];

  constructor() {
    const socket = {
      write: (data: Buffer) => {
        this.buffered += data.length;
        this.written += data.toString();
        return false;
      },
    };
    Object.defineProperty(socket, "bufferedBytes", { get: () => this.buffered });
    this.socket = socket as unknown as Connection;
  }

  soon(run: () => void): void {
    this.#soon.push(run);
  }
  turns(): number {
    let turns = 0;
    for (let run = this.#soon.shift(); run; run = this.#soon.shift(), turns++) run();
    return turns;
  }
}

const LINE = `${"x".repeat(99)}\n`;
function* lines(count: number, made: { lines: number }): Generator<string> {
  for (; made.lines < count; made.lines++) yield LINE;
}

test("of a long text no more is made than the reader takes", () => {
  const reader = new SlowReader();
  const made = { lines: 0 };
  let finished = false;
  const answer = new TextAnswer(
    lines(20_000, made),
    reader.socket,
    reader,
    () => (finished = true),
  );
  answer.goOn();
  expect(reader.turns()).toBeGreaterThan(2);
  const first = made.lines;
  expect(first).toBeLessThan(4_000);
  answer.goOn();
  expect(made.lines - first).toBeLessThan(400);
  for (let drains = 0; !finished && drains < 100; drains++) {
    reader.buffered = 0;
    answer.goOn();
    reader.turns();
  }
  expect([finished, reader.written === LINE.repeat(20_000)]).toEqual([true, true]);
});

test("a text is not made any further when the connection is over", () => {
  const reader = new SlowReader();
  const made = { lines: 0 };
  const answer = new TextAnswer(lines(20_000, made), reader.socket, reader, () => {
    throw new Error("it was not sent to the end");
  });
  answer.goOn();
  const before = made.lines;
  answer.stop();
  reader.turns();
  answer.goOn();
  expect(made.lines).toBe(before);
});

test("a short text is sent at once, in one piece", () => {
  const reader = new SlowReader();
  let finished = false;
  new TextAnswer(["a\n", "b\n"], reader.socket, reader, () => (finished = true)).goOn();
  expect([reader.written, finished, reader.turns()]).toEqual(["a\nb\n", true, 0]);
});
