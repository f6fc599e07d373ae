/**
 * Typed reading of the properties of a zoo.cfg. A value that is wrong becomes a problem, and the
 * reader goes on with the default, so that all problems of a file are found at once.
 */
import type { NetAddress } from "../env.ts";
import { parseHost, parseHostPort } from "./address.ts";
import type { SupportedKey } from "./keys.ts";
import type { Problems, Property } from "./properties.ts";
import { quote } from "./properties.ts";

export interface IntegerRange {
  /** What holds when the key is not given. */
  readonly unset: number;
  readonly min: number;
  readonly max: number;
}

export class Settings {
  readonly properties: ReadonlyMap<string, Property>;
  readonly #problems: Problems;

  constructor(properties: ReadonlyMap<string, Property>, problems: Problems) {
    this.properties = properties;
    this.#problems = problems;
  }

  /** A whole number, decimal or hexadecimal (0x…). */
  integer(key: SupportedKey, range: IntegerRange): number {
    const text = this.properties.get(key)?.value;
    if (text === undefined) return range.unset;
    const value = /^(?:[+-]?\d{1,15}|0x[\da-fA-F]{1,12})$/.test(text) ? Number(text) : Number.NaN;
    if (value >= range.min && value <= range.max) return value;
    this.refuse(key, `a whole number from ${range.min} to ${range.max}`);
    return range.unset;
  }

  yesNo(key: SupportedKey, unset: boolean): boolean {
    const text = this.properties.get(key)?.value.toLowerCase();
    if (text === undefined) return unset;
    if (text === "true" || text === "false") return text === "true";
    this.refuse(key, "true or false");
    return unset;
  }

  /** One of these words, in any case; null: not set. */
  oneOf<T extends string>(key: SupportedKey, words: readonly T[]): T | null {
    const text = this.properties.get(key)?.value.toLowerCase();
    if (text === undefined) return null;
    const word = words.find((known) => known === text);
    if (word === undefined) this.refuse(key, words.join(" or "));
    return word ?? null;
  }

  /** A text that is not empty. */
  text(key: SupportedKey, unset: string | null): string | null {
    const text = this.properties.get(key)?.value;
    if (text === undefined) return unset;
    if (text === "" || text.includes("\0")) {
      this.refuse(key, "a value");
      return unset;
    }
    return text;
  }

  /** A host name or address; an IPv6 address with or without brackets. */
  host(key: SupportedKey, unset: string): string {
    const text = this.properties.get(key)?.value;
    if (text === undefined) return unset;
    const host = parseHost(text) ?? parseHost(`[${text}]`);
    if (host !== null) return host;
    this.refuse(key, "a host name or an IP address");
    return unset;
  }

  hostPort(key: SupportedKey): NetAddress | null {
    const text = this.properties.get(key)?.value;
    if (text === undefined) return null;
    const address = parseHostPort(text, 1);
    if (!("expected" in address)) return address;
    this.refuse(key, address.expected);
    return null;
  }

  /** Says that the value of a key that was given is wrong. */
  refuse(key: SupportedKey, expected: string): void {
    const property = this.properties.get(key);
    const found = property === undefined ? "not set" : `found ${quote(property.value)}`;
    this.#problems.add(property?.line ?? null, key, `${found}, expected ${expected}`);
  }

  /** Says that the server lines as a whole are wrong. */
  refuseServers(found: string, expected: string): void {
    this.#problems.add(null, "server.N", `found ${found}, expected ${expected}`);
  }
}
