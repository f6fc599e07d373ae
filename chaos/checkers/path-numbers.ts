/**
 * Paths by numbers from 0 on. Tables that are about the same znodes share them: a path is looked up once,
 * and where its parent stands is known from then on.
 */
import { parentOf } from "./znode-path.ts";

const NOT_KNOWN = -1;

export class PathNumbers {
  readonly #numbers = new Map<string, number>();
  readonly #paths: string[] = [];
  /** By number: that of the parent. */
  readonly #parents: number[] = [];

  /** Of a path that is new, the next number. */
  numberOf(path: string): number {
    const known = this.#numbers.get(path);
    if (known !== undefined) return known;
    const number = this.#paths.push(path) - 1;
    this.#parents.push(NOT_KNOWN);
    this.#numbers.set(path, number);
    return number;
  }

  /** −1: the path has no number. */
  find(path: string): number {
    return this.#numbers.get(path) ?? NOT_KNOWN;
  }

  pathOf(number: number): string {
    return this.#paths[number] as string;
  }

  /** The parent's number; the root is its own parent. */
  parentOf(number: number): number {
    const known = this.#parents[number] as number;
    if (known !== NOT_KNOWN) return known;
    return (this.#parents[number] = this.numberOf(parentOf(this.pathOf(number))));
  }
}
