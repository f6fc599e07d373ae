import { ApiError } from "./api-error.ts";
import { Proxy } from "./proxy.ts";
import type { RandomFloat } from "./seeded-random.ts";

/** What a request may say about a proxy; what it leaves out is undefined. */
export interface ProxyInput {
  readonly name?: string | undefined;
  readonly listen?: string | undefined;
  readonly upstream?: string | undefined;
  readonly enabled?: boolean | undefined;
}

/** How far a populate came: the error, if there is one, stopped it. */
export interface Populated {
  readonly proxies: readonly Proxy[];
  readonly error: ApiError | null;
}

/**
 * All proxies, by name. Changes take effect one after the other, in the order in which they were asked
 * for, and are in force when the promise resolves. Errors are ApiErrors.
 */
export class ProxyCollection {
  readonly #random: RandomFloat;
  readonly #proxies = new Map<string, Proxy>();
  #lastChange: Promise<unknown> = Promise.resolve();

  constructor(random: RandomFloat) {
    this.#random = random;
  }

  all(): Proxy[] {
    return [...this.#proxies.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  get(name: string): Proxy {
    const proxy = this.#proxies.get(name);
    if (proxy === undefined) throw new ApiError(404, "proxy not found");
    return proxy;
  }

  create(input: ProxyInput): Promise<Proxy> {
    return this.#inTurn(async () => {
      const { name, upstream } = required(input, "");
      if (this.#proxies.has(name)) throw new ApiError(409, "proxy already exists");
      const proxy = new Proxy(name, input.listen ?? "", upstream, this.#random);
      if (input.enabled ?? true) await proxy.start();
      this.#proxies.set(name, proxy);
      return proxy;
    });
  }

  update(name: string, input: ProxyInput): Promise<Proxy> {
    return this.#inTurn(async () => {
      const proxy = this.get(name);
      await proxy.update({
        listen: input.listen ?? proxy.listen,
        upstream: input.upstream ?? proxy.upstream,
        enabled: input.enabled ?? proxy.enabled,
      });
      return proxy;
    });
  }

  remove(name: string): Promise<void> {
    return this.#inTurn(async () => {
      const proxy = this.get(name);
      this.#proxies.delete(name);
      await proxy.stop();
    });
  }

  /** Creates the proxies; one that is there with the same addresses is left as it is. */
  populate(inputs: readonly ProxyInput[]): Promise<Populated> {
    return this.#inTurn(async () => {
      const proxies: Proxy[] = [];
      try {
        const complete = inputs.map((input, index) => ({
          ...input,
          ...required(input, ` at proxy ${index + 1}`),
        }));
        for (const input of complete) proxies.push(await this.#createOrReplace(input));
        return { proxies, error: null };
      } catch (error) {
        if (error instanceof ApiError) return { proxies, error };
        throw error;
      }
    });
  }

  /** Enables every proxy and removes every toxic. */
  reset(): Promise<void> {
    return this.#inTurn(async () => {
      for (const proxy of this.#proxies.values()) {
        await proxy.start();
        proxy.removeAllToxics();
      }
    });
  }

  /** For toxics: `change` runs in its turn on the proxy of that name. */
  changeToxics<T>(name: string, change: (proxy: Proxy) => T): Promise<T> {
    return this.#inTurn(async () => change(this.get(name)));
  }

  /** Stops every proxy, for the end of the process. */
  stop(): Promise<void> {
    return this.#inTurn(async () => {
      for (const proxy of this.#proxies.values()) await proxy.stop();
      this.#proxies.clear();
    });
  }

  async #createOrReplace(input: ProxyInput & { name: string; upstream: string }): Promise<Proxy> {
    const existing = this.#proxies.get(input.name);
    const proxy = new Proxy(input.name, input.listen ?? "", input.upstream, this.#random);
    if (existing !== undefined) {
      if (!existing.differs(proxy.listen, proxy.upstream)) return existing;
      await existing.stop();
    }
    if (input.enabled ?? true) await proxy.start();
    this.#proxies.set(input.name, proxy);
    return proxy;
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#lastChange.then(change);
    // Whoever asked gets the error; the next in line only waits for the end.
    this.#lastChange = turn.catch(() => undefined);
    return turn;
  }
}

function required(input: ProxyInput, where: string): { name: string; upstream: string } {
  const { name = "", upstream = "" } = input;
  if (name === "") throw new ApiError(400, `missing required field: name${where}`);
  if (upstream === "") throw new ApiError(400, `missing required field: upstream${where}`);
  return { name, upstream };
}
