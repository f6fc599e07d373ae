/** Where two JSON values differ, for a person. */

const DIFFERENCES_MAX = 6;
const VALUE_CHARS_MAX = 300;

/**
 * One line for each place where `found` is not what `expected` is, up to six; empty when they are
 * equal. The order of object keys is no difference.
 */
export function differences(expected: unknown, found: unknown): readonly string[] {
  const lines: string[] = [];
  compare("", expected, found, lines);
  return lines.length <= DIFFERENCES_MAX
    ? lines
    : [...lines.slice(0, DIFFERENCES_MAX), `and ${lines.length - DIFFERENCES_MAX} more`];
}

function compare(path: string, expected: unknown, found: unknown, lines: string[]): void {
  if (isComposite(expected) && isComposite(found) && sameShape(expected, found)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(found)])) {
      const where = Array.isArray(expected) ? `${path}[${key}]` : `${path}.${key}`;
      compare(where, expected[key], found[key], lines);
    }
    return;
  }
  if (isComposite(expected) || isComposite(found) || !Object.is(expected, found)) {
    lines.push(`${path === "" ? "" : `${path}: `}expected ${show(expected)}, found ${show(found)}`);
  }
}

/** Lists of different lengths are shown as a whole: what is missing is seen best so. */
function sameShape(one: object, other: object): boolean {
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  return !Array.isArray(one) || one.length === (other as readonly unknown[]).length;
}

function isComposite(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function show(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length <= VALUE_CHARS_MAX ? text : `${text.slice(0, VALUE_CHARS_MAX)}…`;
}
