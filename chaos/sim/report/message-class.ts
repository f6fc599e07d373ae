/**
 * What a message between servers is for, told from its text in the trace, and how it is called in a
 * few words.
 */
import type { MessageClass } from "./diagram.ts";

/** Say that somebody lives: the sender, or clients' sessions. */
const HEARTBEATS: ReadonlySet<string> = new Set(["PING", "PONG", "KEEPALIVE", "TOUCH"]);
const ELECTION: ReadonlySet<string> = new Set(["VOTE", "HELLO", "ENSEMBLE"]);
/** A vote ends with the state of its sender, after a comma. */
const STATES: ReadonlySet<string> = new Set(["LOOKING", "FOLLOWING", "LEADING", "OBSERVING"]);
/** The others that are not broadcast, by their names in server/zab/messages.ts, in capitals. */
const RECOVERY: ReadonlySet<string> = new Set([
  "FOLLOWERINFO",
  "LEADERINFO",
  "REFUSED",
  "ACKEPOCH",
  "TRUNC",
  "SNAP",
  "NEWLEADER",
  "ACKNEWLEADER",
  "UPTODATE",
]);

/** The length of a label that fits between two lifelines. */
const LABEL_MAX = 40;

/** The class of the most telling message in the text; all else about leadership is recovery. */
export function classOfMessage(text: string): MessageClass {
  const verbs = partsOf(text).map(verbOf);
  if (verbs.every((verb) => HEARTBEATS.has(verb))) return "heartbeat";
  const rest = verbs.filter((verb) => !HEARTBEATS.has(verb));
  if (rest.every((verb) => ELECTION.has(verb))) return "election";
  // A link carries requests of clients to the leader as well; they go with what comes of them.
  return rest.some((verb) => RECOVERY.has(verb)) ? "recovery" : "broadcast";
}

/** `PROPOSAL 0x100000003, PROPOSAL 0x100000004, PING` as `PROPOSAL 0x100000003 +1`. */
export function labelOfMessage(text: string): string {
  const groups = new Map<string, { first: string; more: number }>();
  const parts = partsOf(text);
  for (const part of mostTelling(parts)) {
    const verb = verbOf(part);
    const group = groups.get(verb);
    if (group === undefined) groups.set(verb, { first: part, more: 0 });
    else group.more++;
  }
  const words = [...groups.values()].map(({ first, more }) =>
    more === 0 ? first : `${first} +${more}`,
  );
  const label = words.join(", ");
  return label.length > LABEL_MAX && words.length > 1
    ? `${words[0] ?? ""} and ${words.length - 1} more`
    : label;
}

/** Without what says less than the rest; what moves leadership first. */
function mostTelling(parts: readonly string[]): readonly string[] {
  const notBeats = parts.filter((part) => !HEARTBEATS.has(verbOf(part)));
  const notVotes = notBeats.filter((part) => !ELECTION.has(verbOf(part)));
  if (notVotes.length > 0) {
    const isRecovery = (part: string): boolean => RECOVERY.has(verbOf(part));
    return [...notVotes.filter(isRecovery), ...notVotes.filter((part) => !isRecovery(part))];
  }
  return notBeats.length > 0 ? notBeats : parts.slice(0, 1);
}

function partsOf(text: string): string[] {
  const parts: string[] = [];
  for (const part of text.split(/,\s*/).filter((each) => each !== "")) {
    if (STATES.has(part) && parts.length > 0) parts.push(`${parts.pop() ?? ""}, ${part}`);
    else parts.push(part);
  }
  return parts;
}

function verbOf(part: string): string {
  return (part.split(" ", 1)[0] ?? "").toUpperCase();
}
