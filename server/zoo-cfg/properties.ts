/**
 * The text of a zoo.cfg: `key=value` lines, as Java reads properties, of which zoo.cfg files use this
 * much: blank lines, comments that begin with `#` or `!`, spaces around key and value that do not
 * count. Continuation lines and `\u` escapes are refused rather than misread.
 */
export interface Property {
  readonly key: string;
  readonly value: string;
  /** Counted from 1. */
  readonly line: number;
}

/** Collects what is wrong with a file, in the form `file:line: key: found, expected`. */
export class Problems {
  readonly lines: string[] = [];
  readonly #fileName: string;

  constructor(fileName: string) {
    this.#fileName = fileName;
  }

  /** `line` null: the finding has no line, since the key is missing. */
  add(line: number | null, key: string, finding: string): void {
    const place = line === null ? this.#fileName : `${this.#fileName}:${line}`;
    this.lines.push(`${place}: ${key}: ${finding}`);
  }
}

/**
 * Splits the text. `canonical` gives the name of a key that has several: a key that was given twice,
 * under whatever names, is a problem, and its first value counts.
 */
export function parseProperties(
  text: string,
  problems: Problems,
  canonical: (key: string) => string = (key) => key,
): Map<string, Property> {
  const properties = new Map<string, Property>();
  for (const [index, raw] of text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\r|\n/)
    .entries()) {
    const line = index + 1;
    const content = raw.trim();
    if (content === "" || content.startsWith("#") || content.startsWith("!")) continue;
    const equals = content.indexOf("=");
    if (equals <= 0) {
      problems.add(line, quote(content), "not a setting, expected key=value");
      continue;
    }
    const key = canonical(content.slice(0, equals).trim());
    const value = content.slice(equals + 1).trim();
    if (value.includes("\\")) {
      problems.add(line, key, `found ${quote(value)}, expected a value without backslashes`);
      continue;
    }
    const earlier = properties.get(key);
    if (earlier !== undefined) {
      problems.add(line, key, `given again, expected once: it is in line ${earlier.line} already`);
      continue;
    }
    properties.set(key, { key, value, line });
  }
  return properties;
}

/** A value as messages show it: quoted, control characters escaped, cut at 60 characters. */
export function quote(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
}
