/** `npm run fuzz -- --help`: see `command.ts`. */
import { runCommand } from "../run-command.ts";
import { fuzzCommand } from "./command.ts";

await runCommand(fuzzCommand);
