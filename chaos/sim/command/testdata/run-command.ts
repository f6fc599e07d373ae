/** The command with streams that are read by a test, and the fake simulator. */
import { PassThrough } from "node:stream";
import { runSim } from "../../command.ts";
import type { SimulatorUrls } from "../../workers/simulator.ts";

const FAKE_URL = new URL("../../workers/testdata/fake-simulator.ts", import.meta.url).href;
export const FAKE_SIMULATOR: SimulatorUrls = { simulate: FAKE_URL, drawPlan: FAKE_URL };

/** Arguments as one types them; what is put in is one of them as it is, or a part of one. */
export function argv(
  texts: TemplateStringsArray,
  ...values: readonly (string | number)[]
): string[] {
  // A mark that no argument contains keeps blanks in values from parting them.
  const line = texts.reduce((all, text, index) => `${all}«${index - 1}»${text}`);
  const put = (_: string, index: string): string => String(values[Number(index)]);
  return line
    .split(/\s+/)
    .filter((each) => each !== "")
    .map((each) => each.replaceAll(/«(\d+)»/g, put));
}

export interface CommandOutput {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** Default: the fake one. */
  readonly simulator?: SimulatorUrls;
  readonly end?: AbortSignal;
  /** Told what comes on stderr. */
  readonly onStderr?: (text: string) => void;
}

export async function runCommand(
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandOutput> {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const [stdout, stderr]: string[][] = [[], []];
  out.on("data", (chunk: Buffer) => stdout?.push(chunk.toString()));
  err.on("data", (chunk: Buffer) => {
    stderr?.push(chunk.toString());
    options.onStderr?.(chunk.toString());
  });
  const code = await runSim(args, {
    stdin: new PassThrough(),
    stdout: out as unknown as NodeJS.WriteStream,
    stderr: err as unknown as NodeJS.WriteStream,
    end: options.end ?? new AbortController().signal,
    simulator: options.simulator ?? FAKE_SIMULATOR,
  });
  // What was written last is read in the streams' next turn.
  await new Promise(setImmediate);
  return { code, stdout: stdout?.join("") ?? "", stderr: stderr?.join("") ?? "" };
}
