/**
 * The target of a request: its path by segments, and its query. Nothing is guessed: what is not plain
 * percent-encoded UTF-8 is refused.
 *
 *     target = ["http://" authority] "/" segment ("/" segment)* ["?" name "=" value ("&" name "=" value)*]
 */
import { Refusal } from "./refusal.ts";

const MAX_PARAMETERS = 16;

export interface Target {
  /** Decoded, "." and ".." folded; of `/znodes/v1/` the last one is empty. */
  readonly segments: readonly string[];
  readonly query: ReadonlyMap<string, string>;
}

/** Throws a `Refusal` (400). */
export function parseTarget(text: string): Target {
  const [, path = "", query] = /^(?:https?:\/\/[^/?#]*)?([^?]*)(?:\?(.*))?$/is.exec(text) ?? [];
  if (!path.startsWith("/")) throw bad("the target does not start with /");
  if (/[^\x21-\x7e]|#/.test(text))
    throw bad("the target has characters that must be percent-encoded");
  return {
    segments: fold(path.slice(1).split("/").map(decodeSegment)),
    query: parseQuery(query ?? ""),
  };
}

function decodeSegment(text: string): string {
  const segment = decode(text, "the path");
  if (segment.includes("/"))
    throw bad("the path has an encoded slash, which no name of a znode has");
  return segment;
}

/** As RFC 3986 removes dot segments: no znode has such a name. */
function fold(segments: readonly string[]): string[] {
  const folded: string[] = [];
  for (const [index, segment] of segments.entries()) {
    if (segment !== "." && segment !== "..") {
      folded.push(segment);
      continue;
    }
    if (segment === "..") folded.pop();
    if (index === segments.length - 1) folded.push("");
  }
  return folded;
}

function parseQuery(text: string): Map<string, string> {
  const query = new Map<string, string>();
  for (const pair of text.split("&")) {
    if (pair === "") continue;
    const at = pair.indexOf("=");
    const name = decodeForm(at < 0 ? pair : pair.slice(0, at), "the query");
    if (query.has(name)) throw bad(`${name}: given twice, expected once`);
    if (query.size === MAX_PARAMETERS) throw bad(`more than ${MAX_PARAMETERS} parameters`);
    query.set(name, at < 0 ? "" : decodeForm(pair.slice(at + 1), name));
  }
  return query;
}

function decodeForm(text: string, what: string): string {
  return decode(text.replaceAll("+", " "), what);
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // It says no more than that it is malformed.
    throw bad(`${what}: not percent-encoded UTF-8`);
  }
}

function bad(message: string): Refusal {
  return new Refusal(400, message);
}
