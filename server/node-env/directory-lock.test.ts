import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { lockDirectory } from "./directory-lock.ts";

describe("a directory's lock", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "quorum-lab-lock-"));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  test("is held by one at a time, until it is let go", () => {
    const unlock = lockDirectory(root);
    expect(() => lockDirectory(root)).toThrow(`directory ${root} is in use by another server`);
    unlock();
    lockDirectory(root)();
  });

  test("of a process that was killed is free, and while it lives is not", async () => {
    const module = new URL("directory-lock.ts", import.meta.url).href;
    const code =
      `import { lockDirectory } from ${JSON.stringify(module)};` +
      `lockDirectory(${JSON.stringify(root)}); process.stdout.write("locked");` +
      "setInterval(() => {}, 60_000);";
    const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      await once(child.stdout, "data");
      expect(() => lockDirectory(root)).toThrow("is in use by another server");
    } finally {
      child.kill("SIGKILL");
    }
    await once(child, "exit");
    lockDirectory(root)();
  });

  test("of a directory that is missing says so", () => {
    expect(() => lockDirectory(join(root, "none"))).toThrow(/none cannot be locked with .*LOCK/);
  });
});
