import { PassThrough, Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import { runStepper, showSteps } from "./stepper.ts";
import { exampleFailure, exampleTrace } from "./testdata/example-failure.ts";

const trace = exampleTrace();
const violation = exampleFailure().check.violations[0] ?? null;

class Terminal extends Writable {
  readonly isTTY = true;
  readonly columns = 100;
  text = "";

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += String(chunk);
    done();
  }

  /** The lines that stay on the screen. */
  get lines(): string[] {
    return this.text
      .split("\n")
      .map((line) =>
        line.slice(line.lastIndexOf("\u001b[K") + (line.includes("\u001b[K") ? 3 : 0)),
      );
  }
}

class Keys extends PassThrough {
  readonly isTTY = true;
  readonly rawModes: boolean[] = [];
  setRawMode(raw: boolean): void {
    this.rawModes.push(raw);
  }
}

/** Presses the keys one after the other and gives what is on the screen in the end. */
async function press(...keys: readonly string[]): Promise<{ terminal: Terminal; input: Keys }> {
  const terminal = new Terminal();
  const input = new Keys();
  const left = runStepper(trace, { input, output: terminal, violation });
  for (const key of keys) input.write(key);
  await left;
  return { terminal, input };
}

describe("stepping through a run at a terminal", () => {
  test("shows one step for every space, Enter and arrow down", async () => {
    const { terminal } = await press(" ", "\r", "\u001b[B", "q");
    const shown = terminal.lines.filter((line) => /^ +\d+\.\d{3} /.test(line));
    expect(shown.map((line) => line.trim().slice(0, 9))).toEqual([
      "0.000    ",
      "0.001  s1",
      "0.001  s2",
    ]);
  });

  test("jumps to the next fault and to the violation, and says what it passed over", async () => {
    const { terminal } = await press("n", "v", "n", "v", "q");
    const { text } = terminal;
    expect(text).toMatch(/… \d+ steps\n +1\.450 +fault 1 begins/);
    expect(text).toMatch(/4\.305 +VIOLATION: client 1's create/);
    expect(text).toContain("(no fault follows)");
    expect(text).toContain("(the violation is not ahead)");
  });

  test("shows only what the filter chooses, and corrects a wrong filter", async () => {
    const { terminal } = await press("/", "c2x\u007f op", "\r", " ", " ", "/", "5-2\n", "q");
    expect(terminal.text).toContain("(2 steps ahead)");
    expect(terminal.text).toContain("getData /r/a");
    expect(terminal.text).toContain("ended: fail NoNode");
    expect(terminal.text).toContain("5-2 is no span of seconds");
  });

  test("goes back step by step, to the beginning", async () => {
    const { terminal } = await press(" ", " ", " ", "b", "\u001b[A", "b", " ", "q");
    const shown = terminal.lines.filter((line) => /^ +\d+\.\d{3} /.test(line));
    const places = shown.map((line) => line.trim().slice(0, 9).trim());
    expect(places).toEqual(["0.000", "0.001  s1", "0.001  s2", "0.001  s1", "0.000", "0.000"]);
    expect(terminal.text).toContain("(the beginning of the run)");
  });

  test("shows steps of an earlier time when the filter asks for it", async () => {
    const { terminal } = await press("v", "/", "0-0.1", "\r", " ", "q");
    expect(terminal.text).toMatch(/\([1-9]\d* steps ahead\)/);
    expect(terminal.text).toMatch(/VIOLATION[^]* 0\.000 /);
  });

  test("keeps what is typed within the terminal", async () => {
    const typed = "0123456789".repeat(12);
    const { terminal } = await press("/", typed, "q", "\u0003");
    const widest = terminal.text
      .split("\n")
      .flatMap((line) => line.split("\r\u001b[K"))
      .map((line) => line.length)
      .toSorted((a, b) => b - a)[0];
    expect(widest).toBeLessThan(100);
    expect(terminal.text).toContain("filter: 0123456789");
    expect(terminal.text).toMatch(/6789q$|6789q\r/);
  });

  test("leaves a filter that is being typed with Escape", async () => {
    const { terminal } = await press("/", "s1", "\u001b", " ", "q");
    expect(terminal.text).toContain("safety: load and faults");
  });

  test("shows all the rest at once, without pings", async () => {
    const { terminal } = await press("a", " ", "q");
    expect(terminal.text).toContain("liveness: no faults");
    expect(terminal.text).not.toContain("PING");
    expect(terminal.text).toContain("(the end of the run)");
  });

  test.each([["q"], ["\u0003"], ["\u0004"]])("gives the terminal back after %j", async (key) => {
    const { input } = await press(" ", key);
    expect(input.rawModes).toEqual([true, false]);
    expect(input.listenerCount("data")).toBe(0);
  });

  test("ends with the keys", async () => {
    const input = new Keys();
    const left = runStepper(trace, { input, output: new Terminal(), violation });
    input.end();
    await left;
    expect(input.rawModes).toEqual([true, false]);
  });
});

describe("a run where there is no terminal", () => {
  test("is written whole, one line per step", async () => {
    const output = new Terminal();
    // A terminal to write to is not enough: nobody presses keys.
    await showSteps(trace, { input: new PassThrough(), output, violation });
    const lines = output.text.trimEnd().split("\n");
    expect(lines.length).toBe(trace.length + 1);
    expect(output.writableEnded).toBe(false);
  });

  test("is no error to a reader that has seen enough", async () => {
    const output = new Writable({
      write: (_chunk, _encoding, done) => {
        done(Object.assign(new Error("EPIPE"), { code: "EPIPE" }));
      },
    });
    await expect(showSteps(trace, { input: new PassThrough(), output })).resolves.toBeUndefined();
  });
});
