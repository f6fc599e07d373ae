/**
 * `node guard.ts PROGRAM ARGS…` runs a program that must not outlive whoever started this: when
 * standard input closes, as it does when the starter dies in whatever way, the program is killed.
 */
import { spawn } from "node:child_process";

const [program, ...args] = process.argv.slice(2);
if (program === undefined) {
  console.error("Usage: node guard.ts PROGRAM ARGS…");
  process.exit(2);
}

const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit"] });
child.on("error", (error) => {
  console.error(`Cannot run ${program}: ${error.message}`);
  process.exit(1);
});
child.on("exit", (code) => process.exit(code ?? 1));

function end(): void {
  child.kill("SIGKILL");
}

process.stdin.on("end", end).on("close", end).on("error", end).resume();
process.on("SIGTERM", end);
process.on("SIGINT", end);
