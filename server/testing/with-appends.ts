/** Disks whose appends tests hold back. */
import type { Disk, Env } from "../env.ts";

/** `when` gets each append that the storage asks for, and has it done when it calls that: at once, late or never. */
export function withAppends(env: Env, when: (append: () => void) => void): Env {
  const { disk } = env;
  const openAppend: Disk["openAppend"] = (path, done) =>
    disk.openAppend(path, (file) => {
      if (file instanceof Error) done(file);
      else
        done({
          path: file.path,
          appendDurable: (chunks, appended) => when(() => file.appendDurable(chunks, appended)),
          truncateDurable: (size, cut) => file.truncateDurable(size, cut),
          close: () => file.close(),
        });
    });
  const held = new Proxy(disk, {
    get: (target, key: keyof Disk) => {
      if (key === "openAppend") return openAppend;
      const value = target[key];
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { ...env, disk: held };
}
