import { describe, expect, test } from "vitest";
import { createLog, createNodeEnv } from "./node-env.ts";
import type { LogLevel } from "./node-env.ts";

describe("the real environment", () => {
  const env = createNodeEnv({ log: createLog({ level: "silent", name: "test" }) });

  test("fires a timer not before its time by its own clock", async () => {
    for (const delayMs of [0, 0.5, 1.9, 5]) {
      const startMs = env.clock.nowMs();
      const done = Promise.withResolvers<number>();
      env.timers.after(delayMs, () => done.resolve(env.clock.nowMs()));
      expect((await done.promise) - startMs).toBeGreaterThanOrEqual(delayMs);
    }
  });

  test("does not fire a timer that was cancelled, and takes delays beyond setTimeout's", async () => {
    const fired: string[] = [];
    const cancelled = env.timers.after(1, () => fired.push("cancelled"));
    const far = env.timers.after(2 ** 40, () => fired.push("far"));
    cancelled.cancel();
    cancelled.cancel();
    await new Promise<void>((resolve) => void env.timers.after(5, resolve));
    far.cancel();
    expect(fired).toEqual([]);
    expect(() => env.timers.after(-1, () => {})).toThrow("must be 0 or more");
    expect(() => env.timers.after(Number.NaN, () => {})).toThrow("must be 0 or more");
  });

  test("runs what is soon in a later turn, in order", async () => {
    const order: number[] = [];
    const done = new Promise<void>((resolve) => {
      env.timers.soon(() => order.push(1));
      env.timers.soon(() => order.push(2));
      env.timers.soon(resolve);
    });
    expect(order).toEqual([]);
    await done;
    expect(order).toEqual([1, 2]);
  });

  test("gives random bytes and numbers", () => {
    expect(env.random.bytes(16)).toHaveLength(16);
    expect(env.random.float()).toBeLessThan(1);
    expect(Math.abs(env.clock.wallMs() - Date.now())).toBeLessThan(60_000);
  });
});

describe("a log", () => {
  test("writes one JSON object per line, errors with their message, nothing below its level", () => {
    const lines: string[] = [];
    const destination = { write: (line: string) => void lines.push(line) };
    const log = createLog({ level: "info", name: "server-1", destination });
    log.debug({}, "not this");
    log.warn({ err: new Error("broken"), zxid: "0x1" }, "a warning");
    expect(lines).toHaveLength(1);
    const line = JSON.parse(lines[0] ?? "") as Record<string, unknown>;
    expect(line).toMatchObject({
      level: "warn",
      name: "server-1",
      msg: "a warning",
      zxid: "0x1",
      err: { message: "broken" },
    });
  });

  test("of an unknown level is refused", () => {
    expect(() => createLog({ level: "loud" as LogLevel, name: "x" })).toThrow(
      'log level "loud" is not known: use one of debug, info, warn, error, silent',
    );
  });
});
