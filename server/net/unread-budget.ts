/**
 * What all clients together are owed and do not take. Each may have some megabytes waiting; when many
 * have, each gets less, so that a thousand clients that read nothing cannot fill the memory.
 */

/** What one client may leave waiting, bytes: its own bound, and that when the sum is above its bound. */
const EACH_MAX_BYTES = 4 * 1024 * 1024;
const EACH_MAX_BYTES_IN_NEED = 128 * 1024;
/** Of all clients. Beyond it no replies are made for who has more than a little waiting. */
const ALL_MAX_BYTES = 256 * 1024 * 1024;

export class UnreadBudget {
  #total = 0;

  /** Bytes that wait in this server, for all clients. */
  get totalBytes(): number {
    return this.#total;
  }
  /** How much may wait for one client now; beyond it nothing is read from it. */
  get eachMaxBytes(): number {
    return this.#total > ALL_MAX_BYTES ? EACH_MAX_BYTES_IN_NEED : EACH_MAX_BYTES;
  }

  add(bytes: number): void {
    this.#total += bytes;
  }
}
