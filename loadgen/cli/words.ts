import { UsageError } from "./errors.ts";

/**
 * The words of a line as zkCli takes them: separated by spaces; one that begins with a quote goes on to
 * the next such quote, and is what lies between them. A quote inside of a word is part of it, so that
 * `set /a {"x":1}` needs no other quotes. Throws a `UsageError` for a quote that is not closed.
 */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let at = 0;
  for (;;) {
    while (at < line.length && isSpace(line[at])) at++;
    if (at === line.length) return words;
    const first = line[at] as string;
    if (first === '"' || first === "'") {
      const end = line.indexOf(first, at + 1);
      if (end < 0) throw new UsageError(`the quote ${first} at ${at + 1} is not closed`);
      words.push(line.slice(at + 1, end));
      at = end + 1;
    } else {
      const start = at;
      while (at < line.length && !isSpace(line[at])) at++;
      words.push(line.slice(start, at));
    }
  }
}

function isSpace(character: string | undefined): boolean {
  return character !== undefined && /\s/.test(character);
}
