import { describe, expect, test } from "vitest";
import { tellingLines } from "./log-evidence.ts";

const info = (msg: string): string =>
  JSON.stringify({ level: "info", time: "T1", name: "server-1", pid: 7, msg });

describe("the last lines of a server's log", () => {
  test("show why it stopped, not what went well before", () => {
    const error = {
      level: "error",
      time: "T2",
      name: "server-1",
      pid: 7,
      reason: "zxid 5 after 7",
    };
    const lines = [info("link up"), JSON.stringify({ ...error, msg: "stopping" }), info("bye")];
    expect(tellingLines(lines)).toEqual(["T2 error stopping reason: zxid 5 after 7"]);
  });

  test("show what Node says of an error that nobody caught", () => {
    expect(tellingLines([info("link up"), "Error: out of luck", "    at here"])).toEqual([
      "Error: out of luck",
      "    at here",
    ]);
  });

  test("show the latest when nothing was wrong, and never more than a few", () => {
    const lines = Array.from({ length: 20 }, (_, index) => info(`event ${index}`));
    expect(tellingLines(lines)).toEqual([17, 18, 19].map((index) => `T1 info event ${index}`));
  });
});
