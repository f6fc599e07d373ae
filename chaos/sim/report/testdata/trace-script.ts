/**
 * Writes traces by hand, in few words, for tests: hosts are named as in a trace, times are ms.
 */
import type { HostName, TraceEvent } from "../../trace.ts";

type Process = Extract<TraceEvent, { kind: "process" }>["what"];
type Level = Extract<TraceEvent, { kind: "log" }>["level"];

const LATENCY_MS = 1.4;

export class TraceScript {
  readonly #events: TraceEvent[] = [];

  /** In the order of time; what happens at the same time stays in the order of the script. */
  get events(): readonly TraceEvent[] {
    return this.#events.toSorted((a, b) => a.atMs - b.atMs);
  }

  /** Sends; gives the time of arrival. `lost`: never. */
  send(atMs: number, from: HostName, to: HostName, text: string, lost?: "lost"): number {
    // Every pair of hosts has its own latency, so that arrows of one moment arrive one by one.
    const arriveMs = atMs + LATENCY_MS + ((from.charCodeAt(1) * 7 + to.charCodeAt(1) * 3) % 9) / 10;
    this.#events.push({
      kind: "message",
      atMs,
      from,
      to,
      arriveMs: lost === "lost" ? null : arriveMs,
      bytes: text === "" ? 64 : 40 + text.length,
      text,
    });
    return arriveMs;
  }

  /** An operation with its request and reply; `answer` null: none comes. Gives the time of its end. */
  op(atMs: number, id: number, client: HostName, server: HostName, text: string): number {
    this.#events.push({ kind: "op", atMs, host: client, id, what: "invoked", text });
    return this.send(atMs, client, server, "");
  }

  reply(atMs: number, id: number, server: HostName, client: HostName, text: string): number {
    const arriveMs = this.send(atMs, server, client, "");
    this.opEnd(arriveMs, id, client, text);
    return arriveMs;
  }

  opEnd(atMs: number, id: number, host: HostName, text: string): void {
    this.#events.push({ kind: "op", atMs, host, id, what: "ended", text });
  }

  log(atMs: number, host: HostName, text: string, level: Level = "info"): void {
    this.#events.push({ kind: "log", atMs, host, level, text });
  }

  process(atMs: number, host: HostName, what: Process, text = ""): void {
    this.#events.push({ kind: "process", atMs, host, what, text });
  }

  fault(
    atMs: number,
    index: number,
    what: "begins" | "ends" | "not possible",
    hosts: readonly HostName[],
    text: string,
  ): void {
    this.#events.push({ kind: "fault", atMs, index, what, hosts, text });
  }

  connection(
    atMs: number,
    from: HostName,
    to: HostName,
    what: "opened" | "refused" | "closed" | "reset",
  ): void {
    this.#events.push({ kind: "connection", atMs, from, to, what });
  }

  disk(atMs: number, host: HostName, what: string, failed: string | null = null): void {
    const path = "log.100000001";
    this.#events.push({ kind: "disk", atMs, host, what, path, bytes: 96, failed });
  }

  client(atMs: number, host: HostName, text: string): void {
    this.#events.push({ kind: "client", atMs, host, text });
  }

  phase(atMs: number, text: string): void {
    this.#events.push({ kind: "phase", atMs, text });
  }

  /** Votes of everybody to everybody, and the roles that come of them. */
  election(atMs: number, leader: HostName, followers: readonly HostName[], epoch: number): void {
    const all = [leader, ...followers];
    for (const from of all)
      for (const to of all.filter((host) => host !== from))
        this.send(atMs, from, to, `VOTE for ${leader.slice(1)} in epoch ${epoch}, LOOKING`);
    const state = (host: HostName): string => (host === leader ? "LEADING" : "FOLLOWING");
    all.forEach((host, index) => {
      const text = `now ${state(host)} state=${state(host)} leader=${leader.slice(1)}`;
      this.log(atMs + 4 + index / 10, host, text);
    });
    for (const follower of followers) {
      let nowMs = this.send(atMs + 6, follower, leader, `FOLLOWERINFO accepted epoch ${epoch - 1}`);
      nowMs = this.send(nowMs, leader, follower, `LEADERINFO epoch ${epoch}`);
      nowMs = this.send(nowMs, follower, leader, `ACKEPOCH of epoch ${epoch - 1}`);
      nowMs = this.send(nowMs, leader, follower, `NEWLEADER epoch ${epoch}`);
      nowMs = this.send(nowMs + 1, follower, leader, `ACKNEWLEADER epoch ${epoch}`);
      this.send(nowMs + 0.4, leader, follower, "UPTODATE");
    }
  }

  /** Pings of the leader, and what comes back, every half second. */
  heartbeats(fromMs: number, toMs: number, leader: HostName, followers: readonly HostName[]): void {
    for (let atMs = fromMs; atMs < toMs; atMs += 500)
      for (const follower of followers)
        this.send(this.send(atMs, leader, follower, "PING"), follower, leader, "PONG");
  }
}
