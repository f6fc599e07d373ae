import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { counterOf, NO_ZXID } from "../ids.ts";
import type { ServerId } from "../ids.ts";
import { createLog, createNodeEnv } from "../node-env.ts";
import { createStorage } from "./file-storage.ts";
import { StorageError } from "./storage.ts";

/** Appends batches for ever, and says after each how many entries are durable. */
function writerProgram(root: string): string {
  const url = (file: string): string => JSON.stringify(new URL(file, import.meta.url).href);
  return `
    import { createNodeEnv } from ${url("../node-env.ts")};
    import { createStorage } from ${url("./file-storage.ts")};
    import { makeZxid } from ${url("../ids.ts")};
    const root = ${JSON.stringify(root)};
    const storage = createStorage(createNodeEnv(), {
      sid: 1, dataDir: root, dataLogDir: root + "/log", logFileMaxBytes: 100_000,
    });
    const { lastZxid } = storage.recover({ snapshot() {}, entry() {} });
    let counter = lastZxid % 2 ** 32;
    const next = () => {
      const entries = Array.from({ length: 20 }, () => {
        counter++;
        return { zxid: makeZxid(1, counter), bytes: Buffer.alloc(1_000, counter % 256) };
      });
      const last = counter;
      storage.append(entries, 0, (error) => {
        if (error) throw error;
        process.stdout.write(last + "\\n");
        next();
      });
    };
    next();`;
}

test("a process that is killed while it writes loses nothing it has acknowledged", async () => {
  const root = mkdtempSync(join(tmpdir(), "quorum-lab-storage-"));
  const env = createNodeEnv({ log: createLog({ level: "silent", name: "test" }) });
  const options = {
    sid: 1 as ServerId,
    dataDir: root,
    dataLogDir: join(root, "log"),
    logFileMaxBytes: 100_000,
  };
  try {
    for (let round = 0; round < 3; round++) {
      const child = spawn(process.execPath, ["--input-type=module", "-e", writerProgram(root)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      let output = "";
      let mayEnd = false;
      const killAfterSome = (): void => {
        if (mayEnd && output.split("\n").length > 30) child.kill("SIGKILL");
      };
      child.stdout.on("data", (chunk: Buffer) => {
        output += chunk.toString();
        killAfterSome();
      });
      await once(child.stdout, "data");
      const refused = createStorage(env, options);
      expect(() => refused.recover({ snapshot() {}, entry() {} })).toThrow(StorageError);
      // Not before: on a busy machine all its lines may come at once.
      mayEnd = true;
      killAfterSome();
      await once(child, "close");
      const acknowledged = Number(output.split("\n").at(-2));
      const storage = createStorage(env, options);
      const counters: number[] = [];
      storage.recover({
        snapshot() {},
        entry: ({ zxid, bytes }) => {
          counters.push(counterOf(zxid));
          if (bytes.length !== 1_000 || bytes[999] !== counterOf(zxid) % 256) {
            throw new Error(`entry ${zxid} is not what was written`);
          }
        },
      });
      expect(acknowledged).toBeGreaterThan(500 * (round + 1));
      expect(counters).toEqual(Array.from({ length: counters.length }, (_, index) => index + 1));
      expect(counters.length).toBeGreaterThanOrEqual(acknowledged);
      await new Promise<void>((resolve, reject) => {
        storage.append([], NO_ZXID, (error) => {
          if (error === null) resolve();
          else reject(error);
        });
      });
      storage.close();
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
