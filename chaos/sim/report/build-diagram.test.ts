import { describe, expect, test } from "vitest";
import type { TraceEvent } from "../trace.ts";
import { EVENTS_MAX, buildDiagram } from "./build-diagram.ts";
import type { Diagram, DiagramEvent } from "./diagram.ts";
import { LOST_ZXID, exampleFailure, exampleTrace } from "./testdata/example-failure.ts";
import { TraceScript } from "./testdata/trace-script.ts";

const example = (): Diagram => buildDiagram(exampleFailure(), exampleTrace());
const storyOf = (diagram: Diagram): DiagramEvent[] => diagram.events.filter((each) => each.story);

function of(script: TraceScript): Diagram {
  return buildDiagram(exampleFailure(), script.events);
}

describe("the diagram of a failure", () => {
  test("has clients left of servers, each by number", () => {
    const script = new TraceScript();
    for (const [from, to] of [
      ["s2", "s10"],
      ["c11", "s2"],
      ["c9", "s1"],
    ] as const)
      script.send(1, from, to, "");
    const names = of(script).hosts.map((host) => host.name);
    expect(names).toEqual(["c9", "c11", "s1", "s2", "s10"]);
  });

  test("tells the write of the evidence with its lost proposal, in the order of time", () => {
    const diagram = example();
    const messages = storyOf(diagram).filter(
      (event) => event.type === "message" && event.text.includes(LOST_ZXID),
    );
    const told = messages.map((event) =>
      event.type === "message"
        ? `${diagram.hosts[event.from]?.name}>${diagram.hosts[event.to]?.name} ${event.label}${event.arriveMs === null ? " lost" : ""}`
        : "",
    );
    expect(told).toEqual([
      `s3>s1 PROPOSAL ${LOST_ZXID} lost`,
      `s3>s2 PROPOSAL ${LOST_ZXID}`,
      `s2>s3 ACK ${LOST_ZXID}`,
      `s3>s2 COMMIT ${LOST_ZXID}`,
      `s3>c1 ok zxid ${LOST_ZXID}`,
    ]);
  });

  test("tells every fault, its end, and the violation after what happened at its time", () => {
    const diagram = example();
    const banners = storyOf(diagram).flatMap((event) =>
      event.type === "banner" && event.tone !== "phase" ? [event.text.slice(0, 14)] : [],
    );
    expect(banners).toEqual([
      "fault 1 begins",
      "fault 2 begins",
      "fault 3 begins",
      "fault 1 ends: ",
      "fault 2 ends: ",
      "C7 broken: cli",
      "fault 3 ends: ",
    ]);
    const times = diagram.events.map((event) => event.atMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(diagram.faults.map(({ number, fromMs, toMs }) => [number, fromMs, toMs])).toEqual([
      [1, 1_450, 1_750],
      [2, 1_520, 3_500],
      [3, 1_520, 6_000],
    ]);
  });

  test("knows what every server was and when, and what a paused one goes back to", () => {
    const script = new TraceScript();
    script.process(10, "s1", "start");
    script.log(20, "s1", "now LEADING state=LEADING leader=1");
    script.process(30, "s1", "pause");
    script.process(40, "s1", "resume");
    script.process(50, "s1", "kill");
    script.phase(60, "end");
    const states = of(script).states.map(({ state, fromMs, toMs }) => [state, fromMs, toMs]);
    expect(states.slice(0, 4)).toEqual([
      ["starting", 10, 20],
      ["leading", 20, 30],
      ["paused", 30, 40],
      ["leading", 40, 50],
    ]);
    expect(states[4]?.slice(0, 2)).toEqual(["down", 50]);
  });

  test("folds pings that nothing comes between, and tells none of them", () => {
    const script = new TraceScript();
    script.heartbeats(0, 5_000, "s1", ["s2"]);
    script.send(5_001, "s1", "s2", "PROPOSAL 0x100000001");
    script.heartbeats(5_010, 6_000, "s1", ["s2"]);
    script.send(6_001, "s1", "s2", "PING", "lost");
    const pings = of(script).events.flatMap((event) =>
      event.type === "message" && event.class === "heartbeat"
        ? [[event.label, event.times, event.arriveMs === null, event.story]]
        : [],
    );
    expect(pings).toEqual([
      ["PING ×10", 10, false, false],
      ["PONG ×12", 12, false, false],
      ["PING ×2", 2, false, false],
      ["PING", 1, true, false],
    ]);
  });

  test("names what clients send by the operations in it, and tells their pings apart", () => {
    const script = new TraceScript();
    script.op(10, 1, "c1", "s1", "create /a");
    script.reply(14, 1, "s1", "c1", "ok zxid 0x100000001");
    const ping = (atMs: number, from: string, to: string, bytes: number): TraceEvent => ({
      kind: "message",
      atMs,
      from,
      to,
      arriveMs: atMs + 1,
      bytes,
      text: "",
    });
    const trace = [...script.events, ping(50, "c1", "s1", 12), ping(52, "s1", "c1", 20)];
    const messages = buildDiagram(exampleFailure(), trace).events.flatMap((event) =>
      event.type === "message" ? [`${event.class}: ${event.text}`] : [],
    );
    expect(messages).toEqual([
      "request: create /a",
      "request: create /a: ok zxid 0x100000001",
      "heartbeat: ping",
      "heartbeat: answer to a ping",
    ]);
  });

  test("gives an operation without an answer the whole rest of the run", () => {
    const script = new TraceScript();
    script.op(10, 1, "c1", "s1", "create /a");
    script.phase(5_000, "end");
    expect(of(script).ops).toMatchObject([{ outcome: "info", answer: "no answer", fromMs: 10 }]);
  });

  test("of a long run tells a few hundred events and keeps what a page can hold", () => {
    const script = new TraceScript();
    script.process(0, "s1", "start");
    script.fault(900, 0, "begins", ["s1"], "kill server 1");
    for (let at = 0; at < EVENTS_MAX + 5_000; at++)
      script.send(1_000 + at / 10, "s1", "s2", `PROPOSAL 0x1${String(at).padStart(8, "0")}`);
    const diagram = of(script);
    expect(diagram.events.length).toBe(EVENTS_MAX);
    expect(diagram.leftOut).toBeGreaterThan(4_999);
    expect(storyOf(diagram).length).toBeLessThan(260);
    expect(diagram.faults.length).toBe(1);
  });

  test("of a busy run tells the transaction of the evidence, however far from the faults it is", () => {
    const script = new TraceScript();
    script.fault(9_000, 0, "begins", ["s1"], "kill server 1");
    for (let at = 0; at < 2_000; at++)
      script.send(8_500 + at / 2, "s1", "s2", `PROPOSAL 0x2${String(at).padStart(8, "0")}`);
    script.send(100, "s1", "s2", `PING, PROPOSAL ${LOST_ZXID}`);
    script.send(100, "s1", "s3", "PROPOSAL 0x100000001");
    const early = storyOf(of(script)).filter((event) => event.atMs < 1_000);
    expect(early.map((event) => event.text)).toEqual([`PING, PROPOSAL ${LOST_ZXID}`]);
  });

  test("of a violation without a time, and of an empty trace, can be made", () => {
    const failure = exampleFailure();
    const violations = failure.check.violations.map((each) => ({ ...each, atMs: null }));
    const timeless = { ...failure, check: { ...failure.check, violations } };
    const diagram = buildDiagram(timeless, exampleTrace());
    expect(diagram.violationMs).toBeNull();
    expect(storyOf(diagram).length).toBeGreaterThan(20);
    const none = { ...failure, check: { ...failure.check, violations: [] } };
    expect(buildDiagram(none, []).events).toEqual([]);
  });
});
