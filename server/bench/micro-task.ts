/** One small piece of a hot path, to be done over and over. */
export interface MicroTask {
  readonly name: string;
  /** Does it once; it may be called any number of times. */
  run(): void;
}
