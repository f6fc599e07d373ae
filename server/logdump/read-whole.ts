/** Reading a file that a server may be about to remove, or that the disk does not give any more. */
import type { Disk } from "../env.ts";

/** The content; null: the file is gone; or why the system does not give it, as a clause. */
export function readWhole(disk: Disk, path: string): Buffer | string | null {
  try {
    return disk.read(path);
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error)) throw error;
    return error.code === "ENOENT" ? null : `it cannot be read (${error.message})`;
  }
}
