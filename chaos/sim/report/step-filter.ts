/**
 * A filter as a person types it: `s1 s2 message 1.5-2 0x100000003`.
 */
import { STEP_KINDS } from "./steps.ts";
import type { StepFilter, StepKind } from "./steps.ts";

export const FILTER_HELP =
  "hosts (s1 c2), kinds (message op disk …), a time in seconds (1.5-2), +pings, or a word of the line; nothing: all";

/**
 * Hosts, kinds and a span of seconds in any order; all other words together are a text that the line
 * contains. Throws an `Error` that says what is wrong with a span.
 */
export function parseFilter(text: string): StepFilter {
  const hosts = new Set<string>();
  const kinds = new Set<StepKind>();
  const words: string[] = [];
  let span: { fromMs: number; toMs: number } | null = null;
  let heartbeats = false;
  for (const word of text.split(/\s+/).filter((each) => each !== "")) {
    const kind = STEP_KINDS.find((each) => each === word);
    if (kind !== undefined) kinds.add(kind);
    else if (/^[sc]\d+$/.test(word)) hosts.add(word);
    else if (word === "+pings") heartbeats = true;
    else if (/^[\d.]*-[\d.]*$/.test(word)) span = parseSpan(word);
    else words.push(word);
  }
  return {
    heartbeats,
    ...(hosts.size > 0 ? { hosts } : {}),
    ...(kinds.size > 0 ? { kinds } : {}),
    ...span,
    ...(words.length > 0 ? { text: words.join(" ") } : {}),
  };
}

/** `1.5-2`, `1.5-`, `-2`: seconds of the run. */
function parseSpan(word: string): { fromMs: number; toMs: number } {
  const [from = "", to = ""] = word.split("-");
  const fromMs = from === "" ? 0 : Number(from) * 1_000;
  const toMs = to === "" ? Number.POSITIVE_INFINITY : Number(to) * 1_000;
  if (Number.isNaN(fromMs) || Number.isNaN(toMs) || toMs < fromMs)
    throw new Error(`${word} is no span of seconds: write it like 1.5-2, the earlier time first`);
  return { fromMs, toMs };
}
