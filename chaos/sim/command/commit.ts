import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { gitRevision } from "../../../results/identity.ts";

const GIT_TIMEOUT_MS = 5_000;
const DIFF_BYTES_MAX = 64 << 20;
const SOURCE = /\.(?:[cm]?[jt]s|json|cfg)$/;

/**
 * The commit of the checkout that the directory is in; `…+changes-3f9a0c21` if files differ from it, with
 * a hash of what differs: equal texts are equal sources. `unknown` outside of a checkout.
 */
export function commitOfCheckout(directory: string = import.meta.dirname): string {
  const git = gitRevision(directory);
  if (git === null) return "unknown";
  return git.dirty ? `${git.revision}+changes${changesOf(directory)}` : git.revision;
}

/** Of tracked files all that differs, of others the sources; "" when git does not tell. */
function changesOf(directory: string): string {
  try {
    const root = run(directory, ["rev-parse", "--show-toplevel"]).trim();
    const hash = createHash("sha256");
    hash.update(run(root, ["diff", "HEAD", "--binary", "--no-ext-diff", "--no-textconv"]));
    const others = run(root, ["ls-files", "--others", "--exclude-standard", "-z"]).split("\0");
    for (const file of others.filter((name) => SOURCE.test(name)).toSorted()) {
      hash.update(`\0${file}\0`).update(readFileSync(path.join(root, file)));
    }
    return `-${hash.digest("hex").slice(0, 8)}`;
  } catch {
    // Too large, too slow, or a file went away meanwhile: that there are changes is all that is known.
    return "";
  }
}

function run(directory: string, args: readonly string[]): string {
  return execFileSync("git", ["--no-optional-locks", ...args], {
    cwd: directory,
    encoding: "utf8",
    timeout: GIT_TIMEOUT_MS,
    maxBuffer: DIFF_BYTES_MAX,
    stdio: ["ignore", "pipe", "ignore"],
  });
}
