const RULE = "+--------+-------------------------------------------------+----------------+";
const HEAD = [
  "         +-------------------------------------------------+",
  "         |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |",
  RULE,
];
const ROW_BYTES = 16;

/** Bytes as numbers and as characters, 16 a line, as `get -x` of zkCli shows them; none for none. */
export function hexDump(data: Buffer): string[] {
  if (data.length === 0) return [""];
  const rows: string[] = [];
  for (let at = 0; at < data.length; at += ROW_BYTES) {
    const row = data.subarray(at, at + ROW_BYTES);
    const numbers = [...row].map((byte) => ` ${byte.toString(16).padStart(2, "0")}`).join("");
    const text = row.toString("latin1").replace(/[^\u0020-\u007e]/g, ".");
    const offset = at.toString(16).padStart(8, "0");
    rows.push(`|${offset}|${numbers.padEnd(3 * ROW_BYTES)} |${text.padEnd(ROW_BYTES)}|`);
  }
  return [...HEAD, ...rows, RULE];
}
