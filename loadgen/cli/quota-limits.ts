/** The limits of a quota, by ZooKeeper's names; −1 is none. */
export interface QuotaLimits {
  readonly count: number;
  readonly bytes: number;
  readonly countHardLimit: number;
  readonly byteHardLimit: number;
}

export type QuotaName = keyof QuotaLimits;

export const NO_LIMITS: QuotaLimits = {
  count: -1,
  bytes: -1,
  countHardLimit: -1,
  byteHardLimit: -1,
};

/** Reads the data of `zookeeper_limits` or `zookeeper_stats`; what cannot be read is no limit. */
export function parseLimits(data: Buffer | null): QuotaLimits {
  const limits: Record<QuotaName, number> = { ...NO_LIMITS };
  for (const pair of (data?.toString() ?? "").split(/[,;]+/)) {
    const [name, value = ""] = pair.split("=");
    if (name !== undefined && Object.hasOwn(limits, name) && /^-?\d{1,16}$/.test(value)) {
      limits[name as QuotaName] = Number(value);
    }
  }
  return limits;
}

/**
 * The text of limits: `count=10,bytes=-1=;byteHardLimit=-1;countHardLimit=-1`. The first two come first,
 * and the `=` after them is there, for servers older than hard limits.
 */
export function formatLimits(limits: QuotaLimits): string {
  const { byteHardLimit, countHardLimit } = limits;
  return `${formatUsage(limits)}=;byteHardLimit=${byteHardLimit};countHardLimit=${countHardLimit}`;
}

/** The text of what is used: `count=8,bytes=14`. */
export function formatUsage({ count, bytes }: Pick<QuotaLimits, "count" | "bytes">): string {
  return `count=${count},bytes=${bytes}`;
}
