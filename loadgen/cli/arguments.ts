import { UsageError } from "./errors.ts";

/** Which flags a command knows, by their names without the dash, and whether a value follows. */
export type FlagSpec = Readonly<Record<string, "flag" | "value">>;

/** The words that follow a command's name. */
export interface Arguments {
  /** What is no flag, in its order. */
  readonly operands: readonly string[];
  has(flag: string): boolean;
  /** The last value given to a flag; null if it was not given. */
  value(flag: string): string | null;
}

/**
 * Reads flags and operands in any order, as zkCli does: `-s -w`, `-sw` for flags of one letter without
 * values, `-v 3`, `-v3`, `-v=3`. After `--` all are operands; so is a negative number. Throws a
 * `UsageError` for a flag that the command does not have, and for a value that is missing.
 */
export function parseArguments(words: readonly string[], spec: FlagSpec): Arguments {
  const operands: string[] = [];
  const values = new Map<string, string | null>();
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    if (word === "--") {
      operands.push(...words.slice(at + 1));
      break;
    }
    if (!/^-./.test(word) || /^-\d+(\.\d+)?$/.test(word)) {
      operands.push(word);
      continue;
    }
    const [names, inline] = readFlag(word, spec);
    for (const name of names) {
      if (spec[name] === "flag") values.set(name, null);
      else if (inline !== null) values.set(name, inline);
      else {
        const value = words[++at];
        if (value === undefined) throw new UsageError(`Missing argument for option: ${name}`);
        values.set(name, value);
      }
    }
  }
  return {
    operands,
    has: (flag) => values.has(flag),
    value: (flag) => values.get(flag) ?? null,
  };
}

/** The flags that a word stands for, and the value that it carries itself. */
function readFlag(word: string, spec: FlagSpec): [names: string[], value: string | null] {
  const body = word.slice(1);
  if (Object.hasOwn(spec, body)) return [[body], null];
  const equals = body.indexOf("=");
  const name = equals < 0 ? body : body.slice(0, equals);
  if (equals > 0 && spec[name] === "value") return [[name], body.slice(equals + 1)];
  const first = body.charAt(0);
  if (spec[first] === "value") return [[first], body.slice(1)];
  const letters = body.split("");
  if (letters.every((letter) => spec[letter] === "flag")) return [letters, null];
  throw new UsageError(`Unrecognized option: ${word}`);
}

/** Reads a whole number within bounds. Throws a `UsageError` that names the flag. */
export function wholeNumber(text: string, flag: string, from: number, to: number): number {
  const value = /^[+-]?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= from && value <= to) return value;
  throw new UsageError(`${flag} ${text}: expected a whole number from ${from} to ${to}`);
}

/** The version that a znode must have, by `-v`; −1, any, without it. Throws a `UsageError`. */
export function versionOf(args: Arguments): number {
  const text = args.value("v");
  return text === null ? -1 : wholeNumber(text, "-v", -(2 ** 31), 2 ** 31 - 1);
}
