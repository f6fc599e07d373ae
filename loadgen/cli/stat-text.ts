import { formatSession } from "../../server/ids.ts";
import type { Stat } from "../../server/wire/replies.ts";

/** The lines in which zkCli shows a Stat. */
export function statLines(stat: Stat): string[] {
  return [
    `cZxid = ${hex(stat.czxid)}`,
    `ctime = ${javaDate(stat.ctime)}`,
    `mZxid = ${hex(stat.mzxid)}`,
    `mtime = ${javaDate(stat.mtime)}`,
    `pZxid = ${hex(stat.pzxid)}`,
    `cversion = ${stat.cversion}`,
    `dataVersion = ${stat.version}`,
    `aclVersion = ${stat.aversion}`,
    `ephemeralOwner = ${formatSession(stat.ephemeralOwner)}`,
    `dataLength = ${stat.dataLength}`,
    `numChildren = ${stat.numChildren}`,
  ];
}

function hex(zxid: number): string {
  return `0x${BigInt.asUintN(64, BigInt(zxid)).toString(16)}`;
}

/** `Tue Dec 01 04:04:12 UTC 2026`: as Java writes dates, in the time zone of this process. */
function javaDate(ms: number): string {
  const parts = new Map(FORMAT.formatToParts(ms).map(({ type, value }) => [type, value]));
  const of = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? "";
  const time = `${of("hour")}:${of("minute")}:${of("second")}`;
  return `${of("weekday")} ${of("month")} ${of("day")} ${time} ${of("timeZoneName")} ${of("year")}`;
}

const FORMAT = new Intl.DateTimeFormat("en-US", {
  weekday: "short",
  month: "short",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
  timeZoneName: "short",
  year: "numeric",
});
