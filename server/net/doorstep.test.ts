import { expect, test } from "vitest";
import { Doorstep } from "./doorstep.ts";

class Guests {
  readonly doorstep = new Doorstep();
  readonly closed: string[] = [];

  enter(remote: string): () => void {
    const visit = this.doorstep.enter(remote, () => this.closed.push(remote));
    return () => this.doorstep.leave(visit);
  }
}

test("one too many closes the one that has waited longest of the address that has most", () => {
  const guests = new Guests();
  guests.enter("10.0.0.1:1");
  guests.enter("10.0.0.1:2");
  for (let port = 1; port <= 62; port++) guests.enter(`10.0.0.2:${port}`);
  expect(guests.closed).toEqual([]);
  guests.enter("10.0.0.3:1");
  guests.enter("10.0.0.2:63");
  expect(guests.closed).toEqual(["10.0.0.2:1", "10.0.0.2:2"]);
});

test("a flood from one address closes its own alone, and its oldest first", () => {
  const guests = new Guests();
  for (let port = 1; port <= 1_000; port++) guests.enter(`[::1]:${port}`);
  const expected = Array.from({ length: 1_000 - 64 }, (_, index) => `[::1]:${index + 1}`);
  expect(guests.closed).toEqual(expected);
});

test("who has left is not counted, and leaving twice is harmless", () => {
  const guests = new Guests();
  for (let port = 1; port <= 1_000; port++) {
    const leave = guests.enter(`10.0.0.1:${port}`);
    leave();
    leave();
  }
  expect(guests.closed).toEqual([]);
});
