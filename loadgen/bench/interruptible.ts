import type { Env } from "../../server/env.ts";

/** The promise's outcome, or the signal's reason if that comes first. */
export async function until<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    stop = () => signal.removeEventListener("abort", abort);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    stop();
  }
}

/** Fulfilled after that time; rejected with the signal's reason if that comes first. */
export async function pauseFor(env: Env, delayMs: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  let cancel = (): void => undefined;
  const passed = new Promise<void>((resolve) => {
    const timer = env.timers.after(delayMs, resolve);
    cancel = () => timer.cancel();
  });
  try {
    await until(signal, passed);
  } finally {
    cancel();
  }
}

/** Asks every `everyMs` until the answer is not null. Throws `message` after `maxMs`. */
export async function poll<T>(
  env: Env,
  signal: AbortSignal,
  wait: { readonly everyMs: number; readonly maxMs: number; readonly message: string },
  ask: () => T | null | Promise<T | null>,
): Promise<T> {
  const startMs = env.clock.nowMs();
  for (;;) {
    const answer = await until(signal, Promise.resolve(ask()));
    if (answer !== null) return answer;
    if (env.clock.nowMs() - startMs > wait.maxMs) throw new Error(wait.message);
    await pauseFor(env, wait.everyMs, signal);
  }
}
