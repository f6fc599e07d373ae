import type { Env } from "../../server/env.ts";
import type { LoadClient } from "../load-client.ts";
import type { Recorder } from "../recorder.ts";
import { Tenure } from "./tenure.ts";

/** ZooKeeper's leader-election recipe: the candidate whose znode has the lowest number leads. */
export class Candidacy {
  readonly #tenure: Tenure;

  /** `path` must exist. */
  constructor(env: Env, recorder: Recorder, client: LoadClient, path: string) {
    this.#tenure = new Tenure({ env, recorder, client, path, book: recorder.leadership });
  }

  /** Leads now, as far as it knows. */
  get leading(): boolean {
    return this.#tenure.token !== null;
  }

  /** Waits to be elected: the token of the term, or null when the session ended before. */
  campaign(): Promise<number | null> {
    return this.#tenure.acquire();
  }

  resign(): Promise<void> {
    return this.#tenure.release();
  }
  /** Leaves the election, and office, by closing the session. */
  withdraw(): Promise<void> {
    return this.#tenure.releaseByClosing();
  }
}
