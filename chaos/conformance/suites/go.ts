import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Suite } from "../suite.ts";

const SOURCES = fileURLToPath(new URL("../go", import.meta.url));
/** Where it is unpacked to when no package manager put it on the PATH. */
const USUAL = "/usr/local/go/bin";

export const GO: Suite = {
  name: "go",
  about: "go-zookeeper 1.0.4: every operation, its lock, reconnects and reconfig",

  missing(environment) {
    return findGo(environment) === null
      ? "Go is not installed (Debian: apt-get install golang-go, or go.dev)"
      : null;
  },

  async build(directory, signal) {
    const go = findGo(process.env);
    if (go === null) throw new Error("Go is not installed");
    const program = join(directory, "go-suite");
    // Go keeps what it has compiled: the second time is quick. The versions are those of go.sum.
    const args = ["build", "-mod=readonly", "-buildvcs=false", "-o", program, "."];
    await promisify(execFile)(go, args, { cwd: SOURCES, signal });
    return { file: program, args: [] };
  },
};

function findGo(environment: NodeJS.ProcessEnv): string | null {
  const directories = [...(environment["PATH"] ?? "").split(delimiter), USUAL];
  return directories.map((each) => join(each, "go")).find((file) => existsSync(file)) ?? null;
}
