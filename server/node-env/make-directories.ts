import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Creates a directory and the parents that it lacks; gives those that it made, the topmost first.
 * Throws the system's error. Node's own `recursive` does not end where the system denies that a
 * directory exists in which nothing can be made (/proc): it asks for parent and child in turn for ever.
 */
export function makeDirectories(absolutePath: string): string[] {
  const missing: string[] = [];
  for (let path = absolutePath; !existsSync(path); path = dirname(path)) missing.unshift(path);
  for (const path of missing) {
    try {
      mkdirSync(path);
    } catch (error) {
      // Somebody else may have made it in the meantime.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
  if (!statSync(absolutePath).isDirectory())
    throw Object.assign(new Error(`ENOTDIR: ${absolutePath} is not a directory`), {
      code: "ENOTDIR",
    });
  return missing;
}
