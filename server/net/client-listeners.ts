/**
 * Where clients connect: the plain port (clientPort), the one with TLS (secureClientPort), or both. Who
 * comes through either counts for the same limits.
 */
import type { ServerConfig } from "../config.ts";
import type { Connection, Env, Listener, ListenTls, NetAddress } from "../env.ts";
import type { ServerStats } from "../stats.ts";
import { Admission, hostOf } from "./admission.ts";
import { StrangerLog } from "./stranger-log.ts";

/** A connection that has asked for no session after this time is closed; a TLS handshake has as long. */
export const HANDSHAKE_MS = 10_000;

export interface ClientEntrance {
  /** Takes the connection over; `left` must be called when it is closed. */
  accept(connection: Connection, isSecure: boolean): void;
}

export class ClientListeners {
  readonly #env: Env;
  readonly #config: ServerConfig;
  readonly #stats: ServerStats;
  readonly #entrance: ClientEntrance;
  readonly #admission: Admission;
  readonly #failures: StrangerLog;
  #plain: Listener | null = null;
  #secure: Listener | null = null;
  #closed = false;

  constructor(env: Env, config: ServerConfig, stats: ServerStats, entrance: ClientEntrance) {
    this.#env = env;
    this.#config = config;
    this.#stats = stats;
    this.#entrance = entrance;
    const limits = { perAddress: config.maxConnectionsPerAddress, total: config.maxConnections };
    this.#admission = new Admission(limits, env.clock, env.log);
    this.#failures = new StrangerLog(env.clock, (fields) =>
      env.log.warn(fields, "refused a client: its TLS handshake failed"),
    );
  }

  get address(): NetAddress | null {
    return this.#plain?.address ?? null;
  }
  get secureAddress(): NetAddress | null {
    return this.#secure?.address ?? null;
  }

  /**
   * Listens on `plain` (null: on no plain port), and with TLS where that is configured; `ready` gets the
   * reason when a port cannot be had. Called again with another address, the plain port moves there.
   */
  open(plain: NetAddress | null, ready: (error: Error | null) => void): void {
    const opened = (error: Error | null): void => {
      if (error === null && this.#secure === null) this.#openSecure(ready);
      else ready(error);
    };
    if (plain === null) {
      opened(null);
      return;
    }
    this.#listen("clientPort", plain, null, (result) => {
      if (!(result instanceof Error)) {
        this.#plain?.close();
        this.#plain = result;
      }
      opened(result instanceof Error ? result : null);
    });
  }

  /** Connections that are open go on. */
  close(): void {
    this.#closed = true;
    this.#plain?.close();
    this.#secure?.close();
  }

  /** A connection that was accepted is closed. */
  left(remote: string): void {
    this.#admission.leave(remote);
  }

  #openSecure(ready: (error: Error | null) => void): void {
    const { secureClient } = this.#config;
    if (secureClient === null) {
      ready(null);
      return;
    }
    const tls: ListenTls = {
      identity: secureClient.tls,
      handshakeMs: HANDSHAKE_MS,
      admit: (remote) => this.#admit(remote),
      failed: (remote, reason) => this.#failed(remote, reason),
    };
    this.#listen("secureClientPort", secureClient.address, tls, (result) => {
      if (result instanceof Error) {
        ready(result);
        return;
      }
      this.#secure = result;
      const { host, port } = result.address;
      this.#env.log.info({ address: `${host}:${port}` }, "listening for clients over TLS");
      ready(null);
    });
  }

  #listen(
    key: string,
    address: NetAddress,
    tls: ListenTls | null,
    ready: (result: Listener | Error) => void,
  ): void {
    const opened = (result: Listener | Error): void => {
      if (result instanceof Error) ready(new Error(`${key}: ${result.message}`));
      // Stopped meanwhile: nobody would close it any more.
      else if (this.#closed) result.close();
      else ready(result);
    };
    const { net } = this.#env;
    if (tls === null) net.listen(address, (connection) => this.#acceptPlain(connection), opened);
    else net.listen(address, (connection) => this.#enter(connection, true), opened, tls);
  }

  #acceptPlain(connection: Connection): void {
    if (this.#admit(connection.remote)) this.#enter(connection, false);
    else {
      connection.handle({ data: ignore, drain: ignore, closed: ignore });
      connection.destroy();
    }
  }

  /** Whether somebody who has just connected may stay; then he counts. */
  #admit(remote: string): boolean {
    if (this.#admission.enter(remote)) return true;
    this.#stats.connectionsRejected++;
    return false;
  }

  #enter(connection: Connection, isSecure: boolean): void {
    this.#stats.connectionsAccepted++;
    this.#entrance.accept(connection, isSecure);
  }

  #failed(remote: string, reason: string): void {
    this.#admission.leave(remote);
    this.#stats.connectionsRejected++;
    this.#failures.refused(hostOf(remote), { remote, reason });
  }
}

function ignore(): void {
  // The connection is refused: nothing of it matters.
}
