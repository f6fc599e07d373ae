/**
 * What a suite says on its stdout, a line each; every other line is its log.
 *
 *     @case {"name": "multi rolls back", "observed": JSON}   a case has ended; what its client saw
 *     @error {"name": "multi rolls back", "error": "text"}   a case broke
 *     @do {"kill": WHO} | {"start": WHO}                     answered with "ok" on stdin when done
 *
 *     WHO = "127.0.0.1:PORT" | "leader" | "followers" | "all"
 *
 * kill is SIGKILL. start waits until the servers serve again; "all" starts all that are not running,
 * and "leader" and "followers" mean nothing to it. kill of what is dead, and start of what runs, are
 * done already. `observed` must hold nothing that differs from run to run: zxids, times, session ids,
 * ports, the order of children.
 */
import { z } from "zod";

export const SERVER_GROUPS = ["leader", "followers", "all"] as const;

export type SuiteLine =
  | { readonly kind: "case"; readonly name: string; readonly observed: unknown }
  | { readonly kind: "error"; readonly name: string; readonly error: string }
  | { readonly kind: "kill" | "start"; readonly who: string }
  /** A line that is none of these and yet begins with `@`: the suite is wrong. */
  | { readonly kind: "malformed"; readonly problem: string }
  | { readonly kind: "log" };

const CASE = z.strictObject({ name: z.string().min(1), observed: z.unknown() });
const ERROR = z.strictObject({ name: z.string().min(1), error: z.string() });
const KILL = z.strictObject({ kill: z.string() });
const START = z.strictObject({ start: z.string() });

export function parseSuiteLine(line: string): SuiteLine {
  const match = /^@(case|error|do) (.*)$/.exec(line);
  if (match === null) return { kind: "log" };
  const [, word, text] = match as unknown as [string, "case" | "error" | "do", string];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return malformed(line, (error as Error).message);
  }
  switch (word) {
    case "case": {
      const { data } = CASE.safeParse(value);
      return data === undefined || data.observed === undefined
        ? malformed(line, 'expected {"name": …, "observed": …}')
        : { kind: "case", name: data.name, observed: data.observed };
    }
    case "error": {
      const { data } = ERROR.safeParse(value);
      return data === undefined
        ? malformed(line, 'expected {"name": …, "error": …}')
        : { kind: "error", ...data };
    }
    case "do":
      return parseDeed(line, value);
  }
}

function parseDeed(line: string, value: unknown): SuiteLine {
  const kill = KILL.safeParse(value).data?.kill;
  const start = START.safeParse(value).data?.start;
  if (kill !== undefined && isWho(kill)) return { kind: "kill", who: kill };
  if (start !== undefined && (start === "all" || isAddress(start))) {
    return { kind: "start", who: start };
  }
  return malformed(line, 'expected {"kill": WHO} or {"start": WHO}, WHO as in suite-lines.ts');
}

function isWho(text: string): boolean {
  return isAddress(text) || SERVER_GROUPS.some((group) => group === text);
}

function isAddress(text: string): boolean {
  return /^127\.0\.0\.1:\d{1,5}$/.test(text);
}

function malformed(line: string, problem: string): SuiteLine {
  return { kind: "malformed", problem: `${line.slice(0, 200)}: ${problem}` };
}
