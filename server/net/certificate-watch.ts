/**
 * Looks at the files of certificates now and then, so that a bad one is found when it was put there, and
 * not when the next connection needs it. (A new connection looks at them itself.)
 */
import type { Env, Timer, TlsIdentitySource } from "../env.ts";

export const CERTIFICATE_LOOK_MS = 5_000;

export class CertificateWatch {
  readonly #env: Pick<Env, "timers" | "log">;
  readonly #sources: readonly TlsIdentitySource[];
  #timer: Timer | null = null;

  constructor(env: Pick<Env, "timers" | "log">, sources: readonly TlsIdentitySource[]) {
    this.#env = env;
    this.#sources = sources;
  }

  /** Harmless without sources. */
  start(): void {
    if (this.#sources.length === 0) return;
    this.#timer = this.#env.timers.after(CERTIFICATE_LOOK_MS, () => {
      for (const source of this.#sources) source.latest(this.#env.log);
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
