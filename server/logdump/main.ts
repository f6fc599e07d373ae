/**
 * `npm run logdump -- DIR [--data-log-dir DIR] [--from ZXID] [--to ZXID] [--json] [--values]`: what is in
 * a server's directories. Nothing is locked or changed; the server may run.
 *
 * Exit codes: 0 all is whole; 1 something is damaged, a torn end included; 2 usage, or no such directory.
 */
import { Command, InvalidArgumentError } from "commander";
import { NodeDisk } from "../node-env/node-disk.ts";
import { MAX_EPOCH, makeZxid, MAX_COUNTER, NO_ZXID } from "../ids.ts";
import type { Zxid } from "../ids.ts";
import { dumpDirectories, holdsServer } from "./dump.ts";
import { textOf } from "./text.ts";

const EXIT_DAMAGED = 1;
const EXIT_USAGE = 2;
const MAX_ZXID = makeZxid(MAX_EPOCH, MAX_COUNTER);

interface Flags {
  readonly dataLogDir?: string;
  readonly from: Zxid;
  readonly to: Zxid;
  readonly json?: true;
  readonly values?: true;
}

function parseZxid(text: string): Zxid {
  const zxid = /^(0x[0-9a-f]{1,14}|\d{1,16})$/i.test(text) ? Number(text) : Number.NaN;
  if (zxid <= MAX_ZXID) return zxid as Zxid;
  throw new InvalidArgumentError(
    "Expected a zxid: 0x and hexadecimal digits, or a decimal number.",
  );
}

function run(dataDir: string, flags: Flags): void {
  const disk = new NodeDisk();
  const { dataLogDir = dataDir, from, to } = flags;
  if (from > to) usage(`--from ${from} is above --to ${to}: swap them`);
  try {
    if (!holdsServer(disk, { dataDir, dataLogDir })) {
      usage(
        `${dataDir}: no server was ever run here; expected a dataDir, with a file "state" in it`,
      );
    }
    let isDamaged = false;
    const options = { dataDir, dataLogDir, from, to, withValues: flags.values === true };
    for (const event of dumpDirectories(disk, options)) {
      if (event.kind === "finding") isDamaged = true;
      if (event.kind === "recovery" && event.refused !== null) isDamaged = true;
      process.stdout.write(`${flags.json ? JSON.stringify(event) : textOf(event)}\n`);
    }
    if (isDamaged) process.exitCode = EXIT_DAMAGED;
  } catch (error) {
    // A directory that the system does not let be listed: its message names the path.
    if (!(error instanceof Error && "syscall" in error)) throw error;
    usage(error.message);
  }
}

function usage(problem: string): never {
  console.error(`logdump: ${problem}`);
  process.exit(EXIT_USAGE);
}

// Who reads it with `head` has seen enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

new Command("logdump")
  .description("Prints what is in a server's directories: state, snapshots, every transaction.")
  .argument("<dir>", "the server's dataDir")
  .option("--data-log-dir <dir>", "its dataLogDir, if that is another one")
  .option("--from <zxid>", "show no transaction below this one", parseZxid, NO_ZXID)
  .option("--to <zxid>", "show no transaction above this one", parseZxid, MAX_ZXID)
  .option("--json", "one JSON object a line")
  .option("--values", "show the data of znodes, too")
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT_USAGE))
  .action(run)
  .parse();
