/**
 * A seeded source of numbers for everything that a load chooses: the same seed gives the same
 * choices in the same order. (Env.random is the machine's; it decides nothing that a run must repeat.)
 */
export class SeededRandom {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = Math.floor(seed / 0x1_0000_0000) | 0;
    this.#c = 0x9e3779b9 | 0;
    // The first outputs of neighbouring seeds resemble each other; later ones do not.
    for (let round = 0; round < 15; round++) this.#next();
  }

  /** Uniform in [0, 1). */
  float(): number {
    return this.#next() / 0x1_0000_0000;
  }

  /** A whole number in [0, below). */
  below(below: number): number {
    return Math.floor(this.float() * below);
  }

  /** Exponentially distributed with mean 1: the gaps of a Poisson process. */
  exponential(): number {
    return -Math.log(1 - this.float());
  }

  /** A source of its own for one part of the load: what other parts draw does not change it. */
  fork(name: string): SeededRandom {
    let hash = 0x811c9dc5;
    for (let index = 0; index < name.length; index++) {
      hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
    }
    return new SeededRandom((this.#next() ^ hash) >>> 0);
  }

  /** sfc32 (Chris Doty-Humphrey's Small Fast Counter, 32-bit words): 32 uniform bits. */
  #next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}
