/**
 * The text of the znodes zookeeper_limits and zookeeper_stats (ZooKeeper's StatsTrack):
 *
 * ```
 * count=3,bytes=20
 * count=3,bytes=20=;byteHardLimit=-1;countHardLimit=5
 * ```
 *
 * −1 is "no limit", and what a text does not say is −1. The first form is all that versions before 3.7
 * write; the stray `=` of the second makes them stop there.
 */
export type QuotaNumbers = ReadonlyMap<string, number>;

const NONE: QuotaNumbers = new Map();
const SEPARATORS = /[,;]+/;
const WHOLE_NUMBER = /^[+-]?\d{1,18}$/;

/** Reads a text. What is no number counts as not said: a client may write anything there. */
export function parseQuota(data: Buffer | null): QuotaNumbers {
  if (data === null || data.length === 0) return NONE;
  const numbers = new Map<string, number>();
  for (const pair of data.toString("utf8").split(SEPARATORS)) {
    const [key = "", value = ""] = pair.split("=");
    if (key !== "" && WHOLE_NUMBER.test(value)) numbers.set(key, Number(value));
  }
  return numbers;
}

export function quotaNumber(numbers: QuotaNumbers, key: QuotaKey): number {
  return numbers.get(key) ?? -1;
}
export type QuotaKey = "count" | "bytes" | "countHardLimit" | "byteHardLimit";

/** The text with this count and these bytes, and everything else as it was. */
export function formatQuota(numbers: QuotaNumbers, count: number, bytes: number): Buffer {
  let text = `count=${count},bytes=${bytes}`;
  const others = [...numbers.keys()].filter((key) => key !== "count" && key !== "bytes").sort();
  if (others.length > 0) text += "=";
  for (const key of others) text += `;${key}=${numbers.get(key)}`;
  return Buffer.from(text, "utf8");
}
