import { expect, test } from "vitest";
import { conformanceCommand, type ConformanceIo } from "./command.ts";
import type { Suite } from "./suite.ts";
import { nodeProgram } from "./testing/node-program.ts";

async function run(
  args: readonly string[],
  program: Suite,
  end: AbortSignal = new AbortController().signal,
): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const io: ConformanceIo = {
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    end,
    environment: { PATH: "/nowhere", ZOOKEEPER_38_HOME: "/nowhere", ZOOKEEPER_39_HOME: "/nowhere" },
    suites: [program],
  };
  const code = await conformanceCommand(args, io);
  return { code, out: out.join("\n"), err: err.join("\n") };
}

const KILLS = `
const ask = (deed) => new Promise((resolve) => {
  console.log("@do " + JSON.stringify(deed));
  process.stdin.once("data", (data) => resolve(String(data)));
});
const killed = await ask({ kill: "followers" });
const started = await ask({ start: "all" });
console.log("@case " + JSON.stringify({ name: "kills", observed: [killed, started] }));
console.log("@error " + JSON.stringify({ name: "breaks", error: "on purpose" }));
process.exit(0);
`;

test("a suite that does not exist is a usage error that names those that do", async () => {
  const { code, err } = await run(["nope"], nodeProgram(""));
  expect([code, err]).toEqual([2, 'error: there is no suite "nope", expected some of tiny']);
});

test("a target that does not exist is a usage error", async () => {
  const { code, err } = await run(["--target", "etcd"], nodeProgram(""));
  expect(code).toBe(2);
  expect(err).toContain("zookeeper-3.9");
});

test("a case that breaks fails the run, after servers were killed and started for the suite", async () => {
  const { code, out, err } = await run(["--target", "reference"], nodeProgram(KILLS));
  expect(code).toBe(1);
  expect(out).toContain('tiny on reference, "breaks":\n    broke: on purpose');
  expect(err).toContain("tiny on reference: kills");
});

test("a suite that ends badly is a failure with its log", async () => {
  const program = 'console.error("out of luck"); process.exit(7);';
  const { code, out } = await run(["--target", "reference"], nodeProgram(program));
  expect(code).toBe(1);
  expect(out).toContain("it ended with 7\n    | out of luck");
});

test("what was compared with nothing has not passed", async () => {
  const program = `console.log('@case {"name":"a","observed":1}');`;
  const { code, out } = await run([], nodeProgram(program));
  expect(code).toBe(3);
  expect(out).toMatch(/zookeeper-3\.9 skipped: no Java found/);
});

test("a suite that lacks something is skipped with the reason", async () => {
  const { code, out } = await run(["--target", "reference"], nodeProgram("", "no compiler"));
  expect([code, out]).toEqual([3, expect.stringContaining("tiny skipped: no compiler")]);
});

test("an interrupted run ends its suite and its servers", async () => {
  const end = new AbortController();
  const program = `console.log('@case {"name":"a","observed":' + process.pid + '}'); setInterval(() => {}, 1000);`;
  const err: string[] = [];
  const code = await conformanceCommand(["--target", "reference"], {
    out: () => undefined,
    err: (line) => {
      err.push(line);
      if (line.endsWith(": a")) end.abort(new Error("ended by SIGINT"));
    },
    end: end.signal,
    environment: {},
    suites: [nodeProgram(program)],
  });
  expect([code, err.at(-1)]).toEqual([3, "ended by SIGINT"]);
});
