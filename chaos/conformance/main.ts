/** `npm run conformance -- [SUITE…] [--target T…] [--case TEXT]`: see `command.ts`. */
import { conformanceCommand } from "./command.ts";
import { runCommand } from "./run-command.ts";

await runCommand(conformanceCommand);
