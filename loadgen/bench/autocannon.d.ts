/** The part of autocannon that is used here: it brings no types of its own. */
declare module "autocannon" {
  export interface Percentiles {
    readonly average: number;
    readonly p50: number;
    readonly p99: number;
    readonly p99_9: number;
    readonly max: number;
  }
  export interface Result {
    readonly requests: Percentiles & { readonly total: number };
    /** Milliseconds. */
    readonly latency: Percentiles;
    readonly errors: number;
    readonly timeouts: number;
    readonly non2xx: number;
  }
  export interface Run extends PromiseLike<Result> {
    /** Ends it early; its result comes all the same. */
    stop(): void;
  }
  export default function autocannon(options: {
    readonly url: string;
    readonly connections: number;
    /** Seconds. */
    readonly duration?: number;
    /** Requests in all, in place of a duration. */
    readonly amount?: number;
    readonly method?: "GET" | "PUT";
    readonly body?: string;
  }): Run;
}
