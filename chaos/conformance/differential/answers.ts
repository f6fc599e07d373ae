/** What a reply says, in words that are the same on every ensemble; see `names.ts`. */
import { errorName } from "../../../server/errors.ts";
import { decodeAcl } from "../../../server/wire/acl.ts";
import type { JuteReader } from "../../../server/wire/jute.ts";
import { decodeMultiResults, type MultiResult } from "../../../server/wire/multi.ts";
import {
  decodeChildren,
  decodeClientInfos,
  decodeData,
  decodePath,
  decodeStat,
  type Stat,
} from "../../../server/wire/replies.ts";
import type { Request } from "../../../server/wire/request-types.ts";
import type { Names } from "./names.ts";

export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };

/** The body of the reply to `request`; bytes behind it are told too. */
export function describeBody(request: Request, body: JuteReader, names: Names): Json {
  const said = describe(request, body, names);
  return body.remaining === 0 ? said : [said, `${body.remaining} bytes more`];
}

function describe(request: Request, body: JuteReader, names: Names): Json {
  switch (request.type) {
    case "create":
    case "sync":
      return decodePath(body);
    case "create2":
    case "createContainer":
    case "createTTL":
      return [decodePath(body), describeStat(decodeStat(body), names)];
    case "exists":
    case "setData":
    case "setACL":
      return describeStat(decodeStat(body), names);
    case "getData":
    case "reconfig": {
      const { data, stat } = decodeData(body);
      return [describeData(data), describeStat(stat, names)];
    }
    case "getACL":
      return [
        decodeAcl(body).map(({ perms, scheme, id }) => `${perms} ${scheme} ${id}`),
        describeStat(decodeStat(body), names),
      ];
    case "getChildren":
    case "getEphemerals":
      return decodeChildren(body).toSorted();
    case "getChildren2":
      return [decodeChildren(body).toSorted(), describeStat(decodeStat(body), names)];
    case "getAllChildrenNumber":
    case "addWatch":
      return body.readInt();
    case "whoAmI":
      return decodeClientInfos(body)
        .map(({ authScheme, user }) => `${authScheme} ${user}`)
        .toSorted();
    case "multi":
    case "multiRead":
      return decodeMultiResults(body).map((result) => describeResult(result, names));
    case "sasl":
      return describeData(body.readBuffer());
    case "delete":
    case "check":
    case "checkWatches":
    case "removeWatches":
    case "auth":
    case "setWatches":
    case "setWatches2":
    case "ping":
    case "closeSession":
      return null;
  }
}

function describeResult(result: MultiResult, names: Names): Json {
  switch (result.type) {
    case "error":
      return errorName(result.err);
    case "create":
      return result.path;
    case "create2":
      return [result.path, describeStat(result.stat, names)];
    case "setData":
      return describeStat(result.stat, names);
    case "getData":
      return [describeData(result.data), describeStat(result.stat, names)];
    case "getChildren":
      return result.children.toSorted();
    case "delete":
    case "check":
      return result.type;
  }
}

/** Times are left out, but for their order. */
function describeStat(stat: Stat, names: Names): Json {
  const { version, cversion, aversion, dataLength, numChildren } = stat;
  return {
    created: names.zxid(stat.czxid),
    modified: names.zxid(stat.mzxid),
    children: names.zxid(stat.pzxid),
    versions: [version, cversion, aversion],
    owner: names.owner(stat.ephemeralOwner),
    counts: [dataLength, numChildren],
    ...(stat.mtime < stat.ctime ? { mtime: "before ctime" } : {}),
  };
}

/** Each ensemble has ports of its own, and has written down its members at a zxid of its own. */
function describeData(data: Buffer | null): Json {
  if (data === null) return null;
  const text = data.toString("latin1");
  if (!text.startsWith("server.")) return text;
  return text.replaceAll(/127\.0\.0\.1:[\d:]+/g, "HOST").replace(/version=\w+$/, "version=V");
}
