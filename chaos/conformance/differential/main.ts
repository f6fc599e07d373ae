/** `npm run differential -- --help`: see `command.ts`. */
import { runCommand } from "../run-command.ts";
import { differentialCommand } from "./command.ts";

await runCommand(differentialCommand);
