import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test, vi } from "vitest";
import { HANGING_SEED } from "./testdata/fake-simulator.ts";

const urlOf = (file: string): string => JSON.stringify(new URL(file, import.meta.url).href);

/** Whether there is such a process. */
function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("a process that hangs in a seed ends when its parent is killed", async () => {
  const program = `
    import { Lane } from ${urlOf("./lane.ts")};
    import { openProcess } from ${urlOf("./transport.ts")};
    const fake = ${urlOf("./testdata/fake-simulator.ts")};
    const urls = { simulate: fake, drawPlan: fake };
    const lane = new Lane({ open: openProcess, urls, mutant: null, limitMs: 60_000 });
    await lane.ready();
    void lane.run({ seed: ${HANGING_SEED} });
    const [child] = process.getActiveResourcesInfo().includes("ProcessWrap")
      ? process._getActiveHandles().filter(({ pid }) => pid !== undefined)
      : [];
    console.log(child.pid);
  `;
  const parent = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said] = (await once(parent.stdout, "data")) as [Buffer];
  const worker = Number(said.toString());
  expect(lives(worker)).toBe(true);
  parent.kill("SIGKILL");
  await vi.waitFor(() => expect(lives(worker)).toBe(false), { timeout: 20_000, interval: 100 });
});
