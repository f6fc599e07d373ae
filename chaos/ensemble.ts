/**
 * `npm run ensemble`: see `ensemble-command.ts`. The first SIGINT or SIGTERM ends the ensemble, the
 * second one does so without asking its servers.
 */
import { runEnsemble } from "./ensemble-command.ts";

const end = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    // What is still there is cleaned up on exit.
    if (end.signal.aborted) process.exit(1);
    end.abort(new Error(`ended by ${signal}`));
  });
}
process.exitCode = await runEnsemble(process.argv.slice(2), {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  end: end.signal,
});
