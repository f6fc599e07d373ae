/**
 * An access control list.
 *
 * ```
 * vector<ACL>   ACL  int perms, string scheme, string id
 * ```
 *
 * A null vector is read as an empty one, null strings as empty ones: all of them are invalid.
 */
import type { JuteReader, JuteWriter } from "./jute.ts";

/** One entry of an access control list: permission bits and an identity. */
export interface Acl {
  readonly perms: number;
  readonly scheme: string;
  readonly id: string;
}

const NO_ACL: readonly Acl[] = [];
/** perms, and the lengths of scheme and id. */
const ENTRY_MIN_BYTES = 12;

export function encodeAcl(writer: JuteWriter, acl: readonly Acl[]): void {
  writer.int(acl.length);
  for (const entry of acl) {
    writer.int(entry.perms);
    writer.string(entry.scheme);
    writer.string(entry.id);
  }
}

/** Throws a `DecodeError`. */
export function decodeAcl(reader: JuteReader): readonly Acl[] {
  const count = reader.readCount(ENTRY_MIN_BYTES);
  if (count <= 0) return NO_ACL;
  const acl: Acl[] = [];
  for (let i = 0; i < count; i++) {
    const perms = reader.readInt();
    acl.push({ perms, scheme: reader.readString() ?? "", id: reader.readString() ?? "" });
  }
  return acl;
}
