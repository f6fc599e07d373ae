import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { renderFailureText } from "./render-text.ts";
import { LOST_ZXID, exampleFailure, exampleTrace } from "./testdata/example-failure.ts";

const render = (columns: number, color = false): string =>
  renderFailureText(exampleFailure(), exampleTrace(), { columns, color, file: "a b.json" });

describe("a failure in the terminal", () => {
  test("begins with what broke, and says how it is run again", () => {
    const lines = render(100).split("\n");
    expect(lines[0]).toBe("FAIL  C7 reliability broken");
    const text = lines.slice(0, 25).join("\n");
    expect(text).toContain("1. t=1.500–1.508s client 1");
    expect(text).toMatch(/seed +4711/);
    expect(text).toContain("6c4fce8a5b0d1e2f3a4b5c6d7e8f901234567890");
    expect(text).toMatch(/mutant +ack-before-fsync/);
    expect(text).toContain("npm run sim -- --replay 'a b.json'");
    expect(text).toContain("2. 1.520–3.500 s  power-cut: power cut of server 2");
    expect(text).toContain("Shrunk from 412 operations and 9 faults to 3 and 3.");
  });

  test("draws arrows from column to column, and lost ones with a cross", () => {
    const lines = render(120).split("\n");
    const lost = lines.find((line) => line.includes("not delivered") && line.includes(LOST_ZXID));
    expect(lost).toMatch(/^ +1\.502 .*×╌+● +PROPOSAL/);
    const request = lines.find((line) => line.includes("create /r/a ("));
    expect(request).toMatch(/^ +1\.500 +●─+▶ +create/);
    expect(lines.find((line) => line.includes("VIOLATION") || line.includes("C7 broken: "))).toBe(
      `         C7 broken: client 1's create /r/a was acknowledged with zxid ${LOST_ZXID}, which is in no server's final log`,
    );
  });

  test("leaves a server's column empty while it is down", () => {
    const down = render(120)
      .split("\n")
      .find((line) => line.includes("s1: LOOKING: no ping"));
    expect(down).toMatch(/^ +1\.900 +│ +│ +◆ {2,}s1/);
  });

  test.each([60, 80, 120, 200])("fits %i columns", (columns) => {
    const widths = render(columns)
      .split("\n")
      .map((line) => line.length);
    expect(Math.max(...widths)).toBeLessThanOrEqual(columns);
  });

  test("is the same text in colours", () => {
    const colored = render(100, true);
    expect(colored).toContain("\u001b[");
    expect(stripVTControlCharacters(colored).replace(/ +$/gm, "")).toBe(
      render(100).replace(/ +$/gm, ""),
    );
  });

  test("says of a fault that did not happen that it did not", () => {
    const trace = exampleTrace().filter((event) => event.kind !== "fault" || event.index !== 0);
    const text = renderFailureText(exampleFailure(), trace, { columns: 120, color: false });
    expect(text).toContain("1. 1.450–1.750 s  delay: planned for server 1 (did not happen)");
  });
});
