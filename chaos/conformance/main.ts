/**
 * `npm run conformance -- [SUITE…] [--target T…] [--case TEXT]`: see `command.ts`. The first Ctrl-C
 * breaks it off and cleans up; what is still there at the second one is cleaned up as the process exits.
 */
import { conformanceCommand } from "./command.ts";

const BROKEN_OFF = 3;
const end = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (end.signal.aborted) process.exit(BROKEN_OFF);
    end.abort(new Error(`ended by ${signal}`));
  });
}
process.exitCode = await conformanceCommand(process.argv.slice(2), {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  end: end.signal,
  environment: process.env,
});
