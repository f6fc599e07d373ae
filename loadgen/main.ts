/**
 * `npm run bench -- PROFILE [options]`: see `bench/command.ts`. The first Ctrl-C breaks the benchmark
 * off and cleans up; what is still there at the second one is cleaned up as the process exits.
 */
import { runBench } from "./bench/command.ts";

const BROKEN_OFF = 3;
const end = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (end.signal.aborted) process.exit(BROKEN_OFF);
    end.abort(new Error(`ended by ${signal}`));
  });
}
const { stdout, stderr } = process;
process.exitCode = await runBench(process.argv.slice(2), { stdout, stderr, end: end.signal });
