/**
 * Asynchronous operations, one at a time, in the order they were asked.
 */
export type Operation = (finished: () => void) => void;

/** Not bounded itself: whoever asks bounds what it has under way (group commit: one batch). */
export class OperationQueue {
  #waiting: Operation[] = [];
  #busy = false;

  get idle(): boolean {
    return !this.#busy;
  }

  /** Starts the operation now or after those before it; it calls `finished` once, in a later turn. */
  push(operation: Operation): void {
    if (this.#busy) {
      this.#waiting.push(operation);
      return;
    }
    this.#busy = true;
    operation(this.#next);
  }

  readonly #next = (): void => {
    const operation = this.#waiting.shift();
    if (operation === undefined) this.#busy = false;
    else operation(this.#next);
  };
}
