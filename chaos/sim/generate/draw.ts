import { SeededRandom } from "../../../loadgen/seeded-random.ts";

/** Choices of a generator, from one seed. */
export class Draw {
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** A source of its own for one part: what other parts draw does not change it. */
  fork(name: string): Draw {
    return new Draw(this.#random.fork(name));
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.#random.float() < probability;
  }

  /** A whole number from `min` to `max`, both included. */
  whole(min: number, max: number): number {
    return min + this.#random.below(max - min + 1);
  }

  /** Uniform in [min, max). */
  between(min: number, max: number): number {
    return min + (max - min) * this.#random.float();
  }

  /** Between `min` > 0 and `max`, as many between 1 and 10 as between 10 and 100. */
  magnitude(min: number, max: number): number {
    return min * (max / min) ** this.#random.float();
  }

  /** Mean 1: the gaps of things that happen independently. */
  gap(): number {
    return this.#random.exponential();
  }

  /** Throws a RangeError when there is nothing to choose from. */
  pick<T>(choices: readonly T[]): T {
    const index = this.#random.below(choices.length);
    if (index >= choices.length) throw new RangeError("nothing to choose from");
    return choices[index] as T;
  }

  /** One of the names, each as often as its weight has it. */
  weighted<T>(choices: readonly (readonly [choice: T, weight: number])[]): T {
    const sum = choices.reduce((total, [, weight]) => total + weight, 0);
    let left = this.#random.float() * sum;
    for (const [choice, weight] of choices) {
      left -= weight;
      if (left < 0) return choice;
    }
    return this.pick(choices)[0];
  }

  /** `count` different ones, or all in another order if there are fewer. */
  several<T>(choices: readonly T[], count: number): T[] {
    const left = [...choices];
    const chosen: T[] = [];
    while (chosen.length < count && left.length > 0) {
      chosen.push(...left.splice(this.#random.below(left.length), 1));
    }
    return chosen;
  }

  /** Each with this probability. */
  subset<T>(choices: readonly T[], probability: number): T[] {
    return choices.filter(() => this.chance(probability));
  }
}
