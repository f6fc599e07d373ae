/** Something that cannot be, has been: the server must stop, for what it holds may be wrong. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}
