import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Suite } from "../suite.ts";

/** Debian's: a distribution's package is found by the distribution's interpreter. */
const PYTHON = "/usr/bin/python3";
const PROGRAM = fileURLToPath(new URL("../kazoo/main.py", import.meta.url));

export const KAZOO: Suite = {
  name: "kazoo",
  about: "kazoo 2.8 (Python): operations, sessions, watches and its recipes",

  missing() {
    const { status } = spawnSync(PYTHON, ["-c", "import kazoo"], { stdio: "ignore" });
    return status === 0
      ? null
      : `kazoo is not installed for ${PYTHON} (Debian: apt-get install python3-kazoo)`;
  },

  build() {
    // -B: nothing is written beside the sources.
    return Promise.resolve({ file: PYTHON, args: ["-B", "-u", PROGRAM] });
  },
};
