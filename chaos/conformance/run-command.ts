/**
 * Runs a command of this folder as the whole of a process. The first Ctrl-C breaks it off and cleans up;
 * what is still there at the second one is cleaned up as the process exits.
 */
export interface CommandIo {
  out(line: string): void;
  err(line: string): void;
  /** Aborted by Ctrl-C. */
  readonly end: AbortSignal;
  readonly environment: NodeJS.ProcessEnv;
}

const BROKEN_OFF = 3;

/** Sets the exit code of the process to what `command` resolves with. */
export async function runCommand(
  command: (args: readonly string[], io: CommandIo) => Promise<number>,
): Promise<void> {
  const end = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (end.signal.aborted) process.exit(BROKEN_OFF);
      end.abort(new Error(`ended by ${signal}`));
    });
  }
  process.exitCode = await command(process.argv.slice(2), {
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    end: end.signal,
    environment: process.env,
  });
}
