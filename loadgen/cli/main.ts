/**
 * `npm run cli -- [options] [command …]`: see `cli.ts`. A signal breaks off what runs and closes the
 * session, the second one ends the process at once.
 */
import { homedir } from "node:os";
import { runCli } from "./cli.ts";
import { INTERRUPTED } from "./shell.ts";

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;
const SIGPIPE = 13;
const end = new AbortController();
let signalNumber = 0;
function endBy(number: number, told: string): void {
  if (end.signal.aborted) process.exit(128 + number);
  signalNumber = number;
  end.abort(new Error(told));
}
for (const [name, number] of Object.entries(SIGNALS)) {
  process.on(name, () => endBy(number, INTERRUPTED));
}
// Who reads the output has enough of it (`| head`).
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  if (!end.signal.aborted) endBy(SIGPIPE, "");
});
const { stdin, stdout, stderr } = process;
const exitCode = await runCli(process.argv.slice(2), {
  stdin,
  stdout,
  stderr,
  home: homedir(),
  end: end.signal,
});
process.exitCode = signalNumber === 0 ? exitCode : 128 + signalNumber;
