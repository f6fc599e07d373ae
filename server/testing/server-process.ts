/** A server as operators run it: `node server/main.ts zoo.cfg`, in a directory of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

export interface Exit {
  /** The exit code; null when a signal ended it. */
  readonly code: number | null;
  /** All that it wrote, by lines. */
  readonly lines: readonly string[];
}

export class ServerProcess {
  readonly dataDir: string;
  readonly configFile: string;
  readonly exit: Promise<Exit>;
  readonly #child: ChildProcess;
  #text = "";
  readonly #waiting = new Set<{ text: string; found: (line: string) => void }>();

  /** Starts it; keys replace those of a standalone server on free ports. */
  constructor(directory: string, keys: Readonly<Record<string, string | null>> = {}) {
    this.dataDir = join(directory, "data");
    this.configFile = join(directory, "zoo.cfg");
    mkdirSync(directory, { recursive: true });
    const settings: Record<string, string | null> = {
      tickTime: "100",
      dataDir: this.dataDir,
      clientPort: "0",
      clientPortAddress: "127.0.0.1",
      "admin.serverPort": "0",
      ...keys,
    };
    const lines = Object.entries(settings).filter(([, value]) => value !== null);
    writeFileSync(this.configFile, lines.map(([key, value]) => `${key}=${value}\n`).join(""));
    this.#child = spawn(process.execPath, [MAIN, this.configFile, "--exit-with-parent"], {
      stdio: ["pipe", "ignore", "pipe"],
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => this.#heard(text));
    this.exit = new Promise((resolve) => {
      this.#child.once("close", (code) => resolve({ code, lines: this.lines }));
    });
  }

  get lines(): string[] {
    return this.#text.split("\n").filter((line) => line !== "");
  }

  /** Resolves with the first line that has this text. */
  line(text: string): Promise<string> {
    return new Promise((found, reject) => {
      this.#waiting.add({ text, found });
      this.#heard("");
      void this.exit.then(({ code }) =>
        reject(new Error(`the server ended with ${code}: ${this.#text}`)),
      );
    });
  }

  /** The client port; resolves when the server serves. */
  async port(): Promise<number> {
    await this.line("serving as");
    const listening = await this.line('"listening"');
    const { clientAddress } = JSON.parse(listening) as { clientAddress: string };
    return Number(clientAddress.split(":").at(-1));
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<Exit> {
    this.#child.kill(signal);
    return await this.exit;
  }

  #heard(text: string): void {
    this.#text += text;
    for (const waiting of this.#waiting) {
      const line = this.lines.find((candidate) => candidate.includes(waiting.text));
      if (line === undefined) continue;
      this.#waiting.delete(waiting);
      waiting.found(line);
    }
  }
}
