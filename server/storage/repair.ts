/**
 * Changes that make a server's directories clean again after a crash.
 */
import type { Disk, DiskDone } from "../env.ts";

/** Each may be done twice: a crash in the middle of the repairs is repaired by the same ones. */
export type Repair =
  | { readonly type: "write"; readonly path: string; readonly content: Buffer }
  | { readonly type: "cut"; readonly path: string; readonly sizeBytes: number }
  | { readonly type: "remove"; readonly path: string };

/** Does the repairs in order, each durable before the next; stops at the first that fails. */
export function doRepairs(disk: Disk, repairs: readonly Repair[], done: DiskDone): void {
  const [repair, ...rest] = repairs;
  if (repair === undefined) throw new Error("repair: there is nothing to do");
  doRepair(disk, repair, (error) => {
    if (error !== null || rest.length === 0) done(error);
    else doRepairs(disk, rest, done);
  });
}

function doRepair(disk: Disk, repair: Repair, done: DiskDone): void {
  switch (repair.type) {
    case "write":
      disk.replaceDurable(repair.path, [repair.content], done);
      return;
    case "cut":
      cutDurable(disk, repair.path, repair.sizeBytes, done);
      return;
    case "remove":
      disk.removeDurable(repair.path, done);
  }
}

/** Cuts a file that is not open to `sizeBytes`, durably. */
export function cutDurable(disk: Disk, path: string, sizeBytes: number, done: DiskDone): void {
  disk.openAppend(path, (file) => {
    if (file instanceof Error) {
      done(file);
      return;
    }
    file.truncateDurable(sizeBytes, done);
    file.close();
  });
}
