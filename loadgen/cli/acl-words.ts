import type { Acl } from "../../server/wire/acl.ts";
import { UsageError } from "./errors.ts";

/** The letters of permissions in the order in which zkCli shows them, with their bits. */
const PERMS: readonly [letter: string, bit: number][] = [
  ["c", 4],
  ["d", 8],
  ["r", 1],
  ["w", 2],
  ["a", 16],
];

/**
 * Reads `scheme:id:perms[,…]`; the id may have colons. Throws a `UsageError` for an entry of another
 * form and an unknown permission: a list that is only in part what was meant would be worse than none.
 */
export function parseAcl(text: string): Acl[] {
  return text.split(",").map((entry) => {
    const first = entry.indexOf(":");
    const last = entry.lastIndexOf(":");
    if (first === last) throw new UsageError(`${entry} does not have the form scheme:id:perm`);
    return {
      scheme: entry.slice(0, first),
      id: entry.slice(first + 1, last),
      perms: parsePerms(entry.slice(last + 1), entry),
    };
  });
}

function parsePerms(letters: string, entry: string): number {
  let perms = 0;
  for (const letter of letters) {
    const bit = PERMS.find(([known]) => known === letter)?.[1];
    if (bit === undefined) {
      throw new UsageError(`Unknown perm type: ${letter} in ${entry}: expected some of cdrwa`);
    }
    perms |= bit;
  }
  return perms;
}

/** Two lines for an entry, as zkCli has them. */
export function aclLines({ scheme, id, perms }: Acl): string[] {
  const letters = PERMS.filter(([, bit]) => (perms & bit) !== 0).map(([letter]) => letter);
  return [`'${scheme},'${id}`, `: ${letters.join("")}`];
}
