import type { World } from "../world/world.ts";

/** Resolves when so much virtual time has passed, ms. */
export function pauseOf(world: World): (ms: number) => Promise<void> {
  return (ms) => new Promise((resolve) => world.after(ms, null, resolve));
}

/** Resolves with true as soon as it is so, looked at every `everyMs`; with false after `boundMs`. */
export async function until(
  world: World,
  isSo: () => boolean,
  { everyMs, boundMs }: { readonly everyMs: number; readonly boundMs: number },
): Promise<boolean> {
  const pause = pauseOf(world);
  const endMs = world.nowMs + boundMs;
  for (;;) {
    if (isSo()) return true;
    if (world.nowMs >= endMs) return false;
    await pause(everyMs);
  }
}
