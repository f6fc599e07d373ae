/**
 * Where other servers link: listens, with TLS where that is configured, and looks after those who have not
 * said who they are yet.
 */
import type {
  Connection,
  Env,
  Listener,
  ListenTls,
  NetAddress,
  TlsIdentitySource,
} from "../env.ts";
import { hostOf } from "./admission.ts";
import { Doorstep, type Visit } from "./doorstep.ts";
import { StrangerLog } from "./stranger-log.ts";

export interface LinkDoorOptions {
  /** Null: links are not encrypted. */
  readonly identity: TlsIdentitySource | null;
  /** How long a TLS handshake may take. */
  readonly handshakeMs: number;
}

export class LinkDoor {
  readonly doorstep = new Doorstep();
  readonly #env: Env;
  readonly #options: LinkDoorOptions;
  readonly #accept: (connection: Connection) => void;
  readonly #strangers: StrangerLog;
  /** Connections whose TLS handshake is under way, by where they come from. */
  readonly #shaking = new Map<string, Visit>();
  #listener: Listener | null = null;
  #closed = false;

  /** With TLS only those are accepted whose certificate is trusted. */
  constructor(env: Env, options: LinkDoorOptions, accept: (connection: Connection) => void) {
    this.#env = env;
    this.#options = options;
    this.#accept = accept;
    this.#strangers = new StrangerLog(env.clock, (fields) =>
      env.log.warn(fields, "refused a connection on the link port"),
    );
  }

  /** Listens on another address from now on; on an error it goes on listening where it does. */
  listenOn(address: NetAddress, ready: (error: Error | null) => void): void {
    this.#env.net.listen(
      address,
      (connection) => this.#enter(connection),
      (result) => {
        if (result instanceof Error) {
          ready(result);
          return;
        }
        this.#listener?.close();
        this.#listener = result;
        if (this.#closed) result.close();
        ready(null);
      },
      this.#tls(),
    );
  }

  /** Takes nobody in any more; nothing is logged from now on. */
  close(): void {
    this.#closed = true;
    this.#listener?.close();
    for (const visit of this.#shaking.values()) visit.close("stopping");
  }

  /** Somebody was closed who has not proved to be a server of this ensemble. */
  refused(remote: string, reason: string): void {
    if (!this.#closed) this.#strangers.refused(hostOf(remote), { remote, reason });
  }

  #tls(): ListenTls | undefined {
    const { identity, handshakeMs } = this.#options;
    if (identity === null) return undefined;
    return {
      identity,
      handshakeMs,
      admit: (remote, close) => {
        if (!this.#closed) this.#shaking.set(remote, this.doorstep.enter(remote, close));
        return !this.#closed;
      },
      failed: (remote, reason) => {
        this.#shaken(remote);
        this.refused(remote, reason);
      },
    };
  }

  #shaken(remote: string): void {
    const visit = this.#shaking.get(remote);
    if (visit === undefined) return;
    this.#shaking.delete(remote);
    this.doorstep.leave(visit);
  }

  #enter(connection: Connection): void {
    this.#shaken(connection.remote);
    if (this.#closed) connection.destroy();
    else this.#accept(connection);
  }
}
