/** `npm run sim`: see `command.ts`. The first Ctrl-C ends the workers; what was found is told. */
import { runSim } from "./command.ts";

const BROKEN_OFF = 3;
const end = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (end.signal.aborted) process.exit(BROKEN_OFF);
    end.abort(new Error(`ended by ${signal}`));
  });
}
const { stdin, stdout, stderr } = process;
// Whoever read the output is gone (`npm run sim | head`): there is nobody to tell the verdict to.
stdout.on("error", () => end.abort(new Error("the output was closed")));
process.exitCode = await runSim(process.argv.slice(2), {
  stdin,
  stdout,
  stderr,
  end: end.signal,
});
