import { clearLine, createInterface, cursorTo } from "node:readline";
import type { Env } from "../../server/env.ts";
import { complete } from "./completion.ts";
import { type HistoryFile, HISTORY_LINES_MAX } from "./history-file.ts";
import type { Output } from "./output.ts";
import { INTERRUPTED, type Shell } from "./shell.ts";

export interface InteractiveOptions {
  readonly env: Env;
  readonly shell: Shell;
  readonly output: Output;
  readonly history: HistoryFile;
  readonly input: NodeJS.ReadableStream;
  /** The terminal. */
  readonly screen: NodeJS.WritableStream;
  /** Aborted when the shell is to end (SIGTERM, SIGHUP). */
  readonly end: AbortSignal;
}

const CTRL_C_HINT = "(Ctrl-C once more, Ctrl-D or quit leaves)";

/**
 * Reads commands from a terminal until the user leaves: by `quit`, Ctrl-D, or Ctrl-C twice on an empty
 * line. Ctrl-C breaks off what runs, else what is typed. Events are printed above what is being typed.
 */
export async function runInteractive(options: InteractiveOptions): Promise<void> {
  const { env, shell, output, history, input, screen, end } = options;
  /** The command that runs; null while the prompt stands. */
  let running: AbortController | null = null;
  let hinted = false;
  const lines = createInterface({
    input,
    output: screen,
    terminal: true,
    historySize: HISTORY_LINES_MAX,
    history: history.load(),
    completer: (line, tell) => {
      complete(line, shell.connection, env).then((hits) => tell(null, hits), tell);
    },
  });
  const prompt = (keepCursor = false): void => {
    lines.setPrompt(shell.prompt);
    lines.prompt(keepCursor);
  };
  output.around = (print) => {
    if (running !== null) return print();
    cursorTo(screen, 0);
    clearLine(screen, 0);
    print();
    prompt(true);
  };
  const close = (): void => lines.close();
  lines.on("SIGINT", () => {
    if (running !== null) return running.abort(new Error(INTERRUPTED));
    const { line } = lines;
    if (line === "" && hinted) return close();
    hinted = line === "";
    screen.write(hinted ? `\n${CTRL_C_HINT}\n` : "^C\n");
    // To the end, and from there all away.
    lines.write(null, { ctrl: true, name: "e" });
    lines.write(null, { ctrl: true, name: "u" });
    prompt();
  });
  if (end.aborted) close();
  end.addEventListener("abort", close, { once: true });
  prompt();
  let left = false;
  for await (const line of lines) {
    hinted = false;
    history.add(line);
    running = new AbortController();
    left = (await shell.line(line, running.signal)) === "left";
    running = null;
    if (left) break;
    if (!end.aborted) prompt();
  }
  output.around = (print) => print();
  if (!left) screen.write("\n");
  end.removeEventListener("abort", close);
  close();
}
