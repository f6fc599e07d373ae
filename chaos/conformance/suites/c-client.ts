import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Suite } from "../suite.ts";

const SOURCES = fileURLToPath(new URL("../c", import.meta.url));
const HEADER = "/usr/include/zookeeper/zookeeper.h";
const SHELL = "/usr/lib/zookeeper/bin/cli_mt";
const COMPILER = "/usr/bin/gcc";

export const C_CLIENT: Suite = {
  name: "c-client",
  about: "ZooKeeper's own C client 3.8: every function of zookeeper.h, and its shell cli_mt",

  missing() {
    const needed = [HEADER, SHELL, COMPILER].filter((file) => !existsSync(file));
    if (needed.length === 0) return null;
    const packages = "apt-get install libzookeeper-mt-dev zookeeper-bin gcc libc6-dev";
    return `the C client is not installed: no ${needed.join(", ")} (Debian: ${packages})`;
  },

  async build(directory, signal) {
    const sources = (await readdir(SOURCES)).filter((name) => name.endsWith(".c"));
    const program = join(directory, "c-client");
    const flags = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-g", "-DTHREADED"];
    await promisify(execFile)(
      COMPILER,
      [...flags, "-o", program, ...sources, "-lzookeeper_mt", "-lpthread"],
      { cwd: SOURCES, signal },
    );
    return { file: program, args: [] };
  },
};
