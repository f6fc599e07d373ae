/** Remembers where labels are, so that none is written over another. */

/** The height of a line of a label, pixels. */
export const LABEL_HEIGHT = 12;

export class LabelRoom {
  #taken = [];

  /** The nearest free y of the wished one, or null. */
  find(x, width, y) {
    for (const shift of [0, -4, 4, -8, 8, -12, 12]) {
      const box = { x, right: x + width, y: y + shift, bottom: y + shift + LABEL_HEIGHT };
      if (this.#taken.every((each) => !overlap(each, box))) {
        this.#taken.push(box);
        return y + shift;
      }
    }
    return null;
  }
}

function overlap(a, b) {
  return a.x < b.right && b.x < a.right && a.y < b.bottom && b.y < a.bottom;
}
