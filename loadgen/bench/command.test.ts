import { PassThrough } from "node:stream";
import { InvalidArgumentError } from "commander";
import { describe, expect, test } from "vitest";
import { createLog, createNodeEnv } from "../../server/node-env.ts";
import { runBench } from "./command.ts";
import { number, partNames, wholeNumber } from "./options.ts";
import { readHeavyOptions, UsageError, type ReadHeavyFlags } from "./read-heavy-command.ts";

const env = createNodeEnv({ log: createLog({ level: "error", name: "test" }) });
const FLAGS: ReadHeavyFlags = {
  target: "reference",
  connections: 30,
  outstanding: 100,
  duration: 10,
  warmup: 20,
  rounds: 3,
  znodes: 1000,
  valueBytes: 1024,
  readsPerWrite: 10,
  tries: 10,
  sessions: 20,
  seed: 1,
  runs: "runs",
};

async function said(...args: string[]): Promise<{ exitCode: number; text: string }> {
  const stream = new PassThrough();
  let text = "";
  stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const out = stream as unknown as NodeJS.WriteStream;
  const end = new AbortController().signal;
  const exitCode = await runBench(args, { stdout: out, stderr: out, end });
  return { exitCode, text };
}

describe("numbers on the command line", () => {
  test.each(["", " ", "0", "11", "1.5", "x", "-1"])(
    "%j is no whole number from 1 to 10",
    (text) => {
      expect(() => wholeNumber(1, 10)(text)).toThrow(InvalidArgumentError);
    },
  );
  test.each(["", "0", "x", "-1", "NaN", "11"])("%j is no number above 0 up to 10", (text) => {
    expect(() => number(10)(text)).toThrow(InvalidArgumentError);
  });
  test("what is within the bounds is taken", () => {
    expect([wholeNumber(1, 10)("7"), number(10, true)("0"), number(10)("0.5")]).toEqual([
      7, 0, 0.5,
    ]);
  });
});

test("parts are asked for with commas or again and again, and run in their own order", () => {
  expect(partNames("sessions", undefined)).toEqual(["sessions"]);
  expect(partNames("throughput", partNames("sessions, outage", undefined))).toEqual([
    "throughput",
    "outage",
    "sessions",
  ]);
  expect(() => partNames("outage,", undefined)).toThrow(/throughput, outage, sessions/);
});

test.each([
  [["read-heavy", "--only", "foo"], /--only.*'foo'.*Expected some of throughput/],
  [["read-heavy", "--rounds", "0"], /--rounds.*Expected a whole number from 1 to 1000/],
  [["read-heavy", "--duration", "x"], /--duration.*Expected a number above 0/],
  [["read-heavy", "--target", "etcd"], /--target.*Allowed choices are reference, zookeeper/],
  [["read-heavy", "--vs", "reference"], /--vs reference: expected another than --target, or none/],
  [["read-heavy", "--speed", "1"], /unknown option '--speed'/],
  [["read-heavy", "more"], /too many arguments/],
  [["write-heavy"], /unknown command 'write-heavy'/],
  [["admin-http", "--connections", "65"], /--connections.*from 1 to 64/],
  [["observers", "--counts", "1,6"], /--counts.*from 0 to 5/],
  [["observers", "--counts", "1,1"], /--counts.*each number once/],
  [["znodes", "--count", "0"], /--count.*whole number from 1 to 20000000/],
  [["znodes", "--value-bytes", "x"], /--value-bytes.*whole number from 0/],
  [["soak", "--minutes", "0"], /--minutes.*Expected a number above 0, up to 1440/],
  [["soak", "--restart-every", "-1"], /--restart-every.*Expected a number above 0/],
  [["observers", "--rounds", "0"], /--rounds.*Expected a whole number from 1/],
])("%j is refused with what was expected", async (args, expected) => {
  const { exitCode, text } = await said(...args);
  expect(text).toMatch(expected);
  expect(exitCode).toBe(2);
});

test("--help names every flag and is no error", async () => {
  const { exitCode, text } = await said("read-heavy", "--help");
  expect(exitCode).toBe(0);
  for (const flag of ["--only", "--vs", "--rate", "--tries", "--sessions", "--runs", "--json"]) {
    expect(text).toContain(flag);
  }
});

test("without ZooKeeper the reference is measured alone, and told how to change that", () => {
  const { rival } = readHeavyOptions(env, FLAGS, "install a JRE");
  expect(rival).toEqual({
    kind: "none",
    reason: "install a JRE; --vs none does without",
    expected: false,
  });
});

test("ZooKeeper that was asked for by name and is not there is an error", () => {
  const missing = "install a JRE";
  expect(() => readHeavyOptions(env, { ...FLAGS, vs: "zookeeper" }, missing)).toThrow(
    new UsageError("--vs zookeeper: install a JRE"),
  );
  expect(() => readHeavyOptions(env, { ...FLAGS, target: "zookeeper" }, missing)).toThrow(
    new UsageError("--target zookeeper: install a JRE"),
  );
});

test("with ZooKeeper at hand it is compared with unless that is turned off", () => {
  expect(readHeavyOptions(env, FLAGS, null).rival).toMatchObject({
    kind: "target",
    target: { name: "zookeeper" },
  });
  expect(readHeavyOptions(env, { ...FLAGS, vs: "none" }, null).rival).toMatchObject({
    kind: "none",
    expected: true,
  });
});
