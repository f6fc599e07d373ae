/**
 * Strings of which equal ones are held once. The records of a history name the same sessions, paths and
 * values over and over, and a reader gets each as a string of its own.
 */
export class SharedStrings {
  readonly #ids = new Map<string, number>();
  /** Not being there and being null are texts like others, so that a field may be either. */
  readonly #texts: (string | null | undefined)[] = [undefined, null];

  /** A number that stands for the text in a column. */
  idOf(text: string | null | undefined): number {
    if (typeof text !== "string") return text === null ? 1 : 0;
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const id = this.#texts.push(text) - 1;
    this.#ids.set(text, id);
    return id;
  }

  textOf(id: number): string | null | undefined {
    return this.#texts[id];
  }

  /** The equal text that was there first. */
  share(text: string): string {
    return this.#texts[this.idOf(text)] as string;
  }

  /** Makes the record's own strings shared ones, in place, however deep they lie. */
  shareIn<T extends object>(record: T): T {
    const fields = record as Record<string, unknown>;
    for (const name in fields) {
      const value = fields[name];
      if (typeof value === "string") fields[name] = this.share(value);
      else if (typeof value === "object" && value !== null) this.shareIn(value);
    }
    return record;
  }

  /** Nothing more will be shared: what is there stays, at the half of the memory. */
  close(): void {
    this.#ids.clear();
  }
}
