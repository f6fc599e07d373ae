/**
 * The servers of a local ensemble as a group: what they say about themselves, waiting until they have
 * come to something, and their end.
 */
import type { CrashRecord } from "../../../results/history.ts";
import type { ServerStatus } from "../../../server/http/view.ts";
import type { AdminClient } from "./admin-client.ts";
import type { LogTail } from "./log-tail.ts";
import type { ServerPorts } from "./server-ports.ts";
import type { ServerProcess } from "./server-process.ts";

const POLL_MS = 15;
const TERM_GRACE_MS = 5_000;
const ERROR_LINES = 8;

/** What a server has: its ports, its process, its admin port, and its log. */
export interface Member {
  readonly ports: ServerPorts;
  readonly process: ServerProcess;
  readonly admin: AdminClient;
  readonly log: LogTail;
}

export interface Wait {
  readonly ids: readonly number[];
  readonly timeoutMs: number;
  /** What is waited for, in the words of the error: "serve". */
  readonly goal: string;
  /** Asked again and again, also when it throws. */
  readonly reached: () => Promise<boolean>;
  /** Throws when there is no point in waiting any longer. */
  readonly goOn: () => void;
}

export class Members {
  /** Ends of servers that nobody asked for, in the order of time. */
  readonly crashes: CrashRecord[] = [];
  readonly #members = new Map<number, Member>();

  add(member: Member): void {
    this.#members.set(member.ports.id, member);
  }

  get ids(): readonly number[] {
    return [...this.#members.keys()];
  }

  get all(): readonly Member[] {
    return [...this.#members.values()];
  }

  get(id: number): Member {
    const member = this.#members.get(id);
    if (member !== undefined) return member;
    throw new Error(`there is no server ${id}, expected one of ${this.ids.join(", ")}`);
  }

  /** Of those that answer. */
  async statuses(ids: readonly number[]): Promise<ServerStatus[]> {
    const results = await Promise.allSettled(ids.map((id) => this.get(id).admin.status()));
    return results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  }

  /** True when all of `ids` serve, under one leader and in one epoch. */
  async serveTogether(ids: readonly number[]): Promise<boolean> {
    const statuses = await this.statuses(ids);
    const [first] = statuses;
    return (
      statuses.length === ids.length &&
      statuses.every((s) => s.serving && s.epoch === first?.epoch && s.leader === first.leader)
    );
  }

  /** Throws with the servers' last log lines when one of `ids` ends first, or the time is over. */
  async wait({ ids, timeoutMs, goal, reached, goOn }: Wait): Promise<void> {
    const deadlineMs = performance.now() + timeoutMs;
    let problem = "";
    while (performance.now() < deadlineMs) {
      goOn();
      const ended = ids.filter((id) => !this.get(id).process.running);
      if (ended.length > 0) throw new Error(this.#report(ended, "ended"));
      try {
        if (await reached()) return;
        problem = "";
      } catch (error) {
        problem = ` (${(error as Error).message})`;
      }
      await new Promise((wake) => setTimeout(wake, POLL_MS));
    }
    throw new Error(this.#report(ids, `did not ${goal} within ${timeoutMs} ms${problem}`));
  }

  /** Ends all that run: `clean` asks them first (SIGTERM), and kills who does not end in time. */
  async end(clean: boolean): Promise<void> {
    const running = this.all.map((member) => member.process).filter((each) => each.running);
    await Promise.all(running.map((each) => (clean ? endCleanly(each) : each.kill("SIGKILL"))));
  }

  closeLogs(): void {
    for (const { log } of this.#members.values()) log.close();
  }

  #report(ids: readonly number[], finding: string): string {
    const lines = ids.flatMap((id) => {
      const crash = this.crashes.findLast((record) => record.server === id);
      const { process, log } = this.get(id);
      const state = process.running ? "runs" : (crash?.exit ?? "ended");
      return [`server ${id}: ${state}`, ...log.last(ERROR_LINES).map((line) => `  ${line}`)];
    });
    const who = ids.length === 1 ? `server ${ids[0]}` : `servers ${ids.join(", ")}`;
    return `${who} ${finding}\n${lines.join("\n")}`;
  }
}

async function endCleanly(process: ServerProcess): Promise<void> {
  const ended = process.kill("SIGTERM");
  const force = setTimeout(() => process.forceKill(), TERM_GRACE_MS);
  await ended;
  clearTimeout(force);
}
