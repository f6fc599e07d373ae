/** `npm run chaos`: see `chaos-command.ts`. The first Ctrl-C breaks the run off and cleans up. */
import { runChaos } from "./chaos-command.ts";

const BROKEN_OFF = 3;
const end = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (end.signal.aborted) process.exit(BROKEN_OFF);
    end.abort(new Error(`ended by ${signal}`));
  });
}
const { stdout, stderr } = process;
// Whoever read the output is gone (`npm run chaos | head`): there is nobody to tell the verdict to.
stdout.on("error", () => end.abort(new Error("the output was closed")));
// All is written and cleaned up by then: nothing that was forgotten may hold the process.
process.exit(await runChaos(process.argv.slice(2), { stdout, stderr, end: end.signal }));
