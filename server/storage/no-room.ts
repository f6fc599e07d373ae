/** Errors of a write that say that there is no room for it, and nothing else is wrong. */
const NO_ROOM: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

export function isNoRoom(error: Error): boolean {
  return "code" in error && NO_ROOM.has(error.code);
}
