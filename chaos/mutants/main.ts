/** `npm run mutants`: see `command.ts`. The first Ctrl-C kills the processes that simulate. */
import { runMutants } from "./command.ts";

const BROKEN_OFF = 3;
const end = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (end.signal.aborted) process.exit(BROKEN_OFF);
    end.abort(new Error(`ended by ${signal}`));
  });
}
const { stdout, stderr } = process;
// Whoever read the output is gone (`npm run mutants | head`): there is nobody to tell the verdict to.
stdout.on("error", () => end.abort(new Error("the output was closed")));
process.exitCode = await runMutants(process.argv.slice(2), { stdout, stderr, end: end.signal });
