import { expect, test } from "vitest";
import { fuzzCommand } from "./command.ts";

async function run(...args: string[]): Promise<{ code: number; text: string }> {
  const lines: string[] = [];
  const note = (line: string): void => void lines.push(line);
  const end = new AbortController().signal;
  const io = { out: note, err: note, end, environment: process.env };
  return { code: await fuzzCommand(args, io), text: lines.join("\n") };
}

test(
  "three servers take some hundreds of strangers, and nobody else notices",
  { timeout: 120_000 },
  async () => {
    const { code, text } = await run("--seconds", "60", "--seed", "11", "--cases", "400");
    expect(text).toContain("400 cases, seed 11: no server stopped, hung or grew");
    expect(code).toBe(0);
  },
);

test.each([
  [["--seconds", "0"], "--seconds <number>"],
  [["--seed", "-1"], "--seed <number>"],
  [["--cases", "many"], "--cases <number>"],
])("%j is refused with the name of the option", async (args, name) => {
  const { code, text } = await run(...args);
  expect([code, text]).toEqual([2, expect.stringContaining(name)]);
});
