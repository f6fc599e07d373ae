/** What a request that succeeded is answered: the resources, as JSON or as bytes. */
import type { Stat } from "../../wire/replies.ts";

declare global {
  interface JSON {
    /** ECMAScript's, which the compiler does not know yet: a number that is written as it is. */
    rawJSON(text: string): unknown;
  }
}

export type MediaType = "application/json" | "application/octet-stream";

export interface Answer {
  readonly status: 200 | 201 | 204;
  readonly headers?: Readonly<Record<string, string>>;
  /** Null: none, whatever the method is. */
  readonly body: Buffer | null;
  readonly type: MediaType;
}

export function json(
  status: 200 | 201,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  const text = Buffer.from(`${JSON.stringify(body)}\n`);
  return { status, headers, body: text, type: "application/json" };
}

export function bytes(
  status: 200 | 201,
  body: Buffer,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return { status, headers, body, type: "application/octet-stream" };
}

export function empty(status: 200 | 204): Answer {
  return { status, body: null, type: "application/octet-stream" };
}

/** The stat of a znode, under the specification's names. */
export function statOf(stat: Stat): object {
  const { czxid, mzxid, ctime, mtime, version, cversion, aversion } = stat;
  const { dataLength, numChildren, pzxid } = stat;
  // A session id has more digits than a double keeps: written as it is.
  const ephemeralOwner = JSON.rawJSON(stat.ephemeralOwner.toString());
  const head = { czxid, mzxid, ctime, mtime, version, cversion, aversion, ephemeralOwner };
  return { ...head, datalength: dataLength, numChildren, pzxid };
}
