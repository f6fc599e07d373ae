import { gitRevision } from "../../../results/identity.ts";

/** The commit of this checkout; `…+changes` if files differ from it, `unknown` outside of a checkout. */
export function commitOfCheckout(): string {
  const git = gitRevision(import.meta.dirname);
  if (git === null) return "unknown";
  return git.dirty ? `${git.revision}+changes` : git.revision;
}
