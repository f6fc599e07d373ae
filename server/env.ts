/**
 * Everything that a server or a client may use of the world: clock, timers, randomness, links and
 * disk. The server and the client are written over this interface alone, so that the very same
 * objects run on a real machine (`node-env.ts`) and in a simulator, where time is virtual.
 *
 * All callbacks are called from the event loop, never from inside the call that asked for them.
 */
export interface Env {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly hash: Hash;
  readonly net: Net;
  readonly disk: Disk;
  readonly log: Log;
}

export interface Clock {
  /** Wall time in milliseconds since 1970; it may jump. Only for what users see (ctime, mtime). */
  wallMs(): number;
  /** Monotonic time in milliseconds with a fraction; its zero is arbitrary. */
  nowMs(): number;
}

export interface Timer {
  /** The callback will not be called any more; harmless when it has been. */
  cancel(): void;
}

export interface Timers {
  /** Calls `run` once, not before `delayMs` (≥ 0) have passed. */
  after(delayMs: number, run: () => void): Timer;
  /** Calls `run` at the end of this turn of the event loop, after what is readable was read. */
  soon(run: () => void): void;
}

export interface Random {
  /** Uniform in [0, 1). */
  float(): number;
  /** `length` bytes that an outsider cannot guess (in the simulator: seeded). */
  bytes(length: number): Buffer;
}

/** What proves that somebody knows a secret. The same everywhere, also in the simulator. */
export interface Hash {
  /** HMAC-SHA-256 of the bytes: 32 bytes. */
  hmacSha256(key: Buffer, bytes: Buffer): Buffer;
  /** Compares in a time that does not tell where they differ; false for different lengths. */
  isEqual(a: Buffer, b: Buffer): boolean;
}

export interface NetAddress {
  readonly host: string;
  readonly port: number;
}

/** What the owner of a connection is told. After `closed` nothing follows. */
export interface ConnectionHandler {
  /** Bytes arrived, in order. The buffer belongs to the handler; it is not reused. */
  data(chunk: Buffer): void;
  /** What `write` had buffered is gone to the system: writing may go on. */
  drain(): void;
  /** The connection is over: by the peer, by an error (`reason`), or by `close`/`destroy`. */
  closed(reason: string | null): void;
}

/** An ordered, reliable stream of bytes, until it breaks (TCP, or the simulator's model of it). */
export interface Connection {
  /** The peer's address, as `host:port`. */
  readonly remote: string;
  /**
   * The subject of the certificate that the peer has proved to own, as RFC 2253 writes names
   * (`CN=client,OU=lab,C=DE`, the way of Java's X500Principal.getName). Absent or null: it proved none.
   */
  readonly peerSubject?: string | null;
  /** Whether that certificate is for this host (a name, or an IP address). Absent: there is none. */
  isCertifiedFor?(host: string): boolean;
  /** Bytes that were written and are not yet handed to the system. */
  readonly bufferedBytes: number;
  /** Queues the bytes; they must not be changed afterwards. False: wait for `drain` to write more. */
  write(data: Buffer): boolean;
  /** Stops and restarts reading (backpressure on the sender). */
  pause(): void;
  resume(): void;
  /** Sends what is queued, then closes. */
  close(): void;
  /** Closes at once and throws away what is queued. */
  destroy(): void;
  /** Sets who is told; must be called in the same turn as the connection was handed over. */
  handle(handler: ConnectionHandler): void;
}

export interface Listener {
  /** The address that is listened on; the port is the real one if 0 was asked for. */
  readonly address: NetAddress;
  close(): void;
}

/** Whether a client of a TLS port must show a certificate, may, or is not asked for one. */
export type ClientAuth = "need" | "want" | "none";

/** What TLS needs at one end. A certificate that the peer shows must be valid and trusted, or it is closed. */
export interface TlsIdentity {
  /** This server's private key with its certificate chain: PEM, or PKCS#12. */
  readonly key: { readonly pem: Buffer } | { readonly pkcs12: Buffer };
  readonly keyPassword: string | null;
  /** Certificates (PEM) that the peer's must lead to; null: no peer's is trusted. */
  readonly trusted: Buffer | null;
  /** Where this server listens. Where it dials, who answers must have a certificate in any case. */
  readonly clientAuth: ClientAuth;
  /** The lowest and highest version of the protocol, both included. */
  readonly minVersion: "TLSv1.2" | "TLSv1.3";
  readonly maxVersion: "TLSv1.2" | "TLSv1.3";
  /** OpenSSL's or IANA's names in the order of preference; null: the platform's default. */
  readonly ciphers: readonly string[] | null;
}

/** Where an identity comes from: files that may be replaced while they are in use. */
export interface TlsIdentitySource {
  /**
   * What a new connection is to use: the same object as before unless the files have changed. When they
   * changed to something that cannot be used, that is logged, once, and what was there before is given.
   */
  latest(log: Log): TlsIdentity;
}

export interface ListenTls {
  readonly identity: TlsIdentitySource;
  /** How long a handshake may take. */
  readonly handshakeMs: number;
  /**
   * Somebody at `remote` connected and has not shown a certificate yet. False closes it; otherwise
   * `accept` or `failed` follows, once. Until then `close` makes it fail, with a reason.
   */
  admit(remote: string, close: (reason: string) => void): boolean;
  /** The handshake failed, and the connection is closed: nothing reached `accept`. */
  failed(remote: string, reason: string): void;
}

export interface ConnectTls {
  readonly identity: TlsIdentitySource;
  /** The host that the certificate of who answers must be for; null: any that is trusted will do. */
  readonly expectedHost: string | null;
}

/** The `code` of an error of `connect`: the peer was there, and TLS failed. */
export const TLS_FAILED = "TLS_FAILED";

export interface Net {
  /**
   * Listens for connections. `ready` gets the listener or the reason (port in use …). With `tls`,
   * connections are accepted when their handshake has succeeded.
   */
  listen(
    address: NetAddress,
    accept: (connection: Connection) => void,
    ready: (result: Listener | Error) => void,
    tls?: ListenTls,
  ): void;
  /**
   * Connects; `ready` gets the connection or the reason. Gives up after `timeoutMs`. With `tls`, who
   * answers has shown a certificate that is trusted; the error is of code `TLS_FAILED` if it has not.
   */
  connect(
    address: NetAddress,
    timeoutMs: number,
    ready: (result: Connection | Error) => void,
    tls?: ConnectTls,
  ): void;
}

/** The end of a disk operation: null, or what went wrong (`code` is the system's: ENOSPC, EIO …). */
export type DiskDone = (error: (Error & { code?: string }) | null) => void;

/**
 * A file that grows at its end. Operations on one file take effect in the order they were asked.
 * After a failed append all appends fail until the file was cut with success; after a failed fsync
 * every operation fails, for no later answer of the system about this file can be believed.
 */
export interface AppendFile {
  readonly path: string;
  /**
   * Appends all the chunks, then makes the file durable up to its new end, then calls `done`. The
   * caller may use the chunks' memory again after `done`.
   */
  appendDurable(chunks: readonly Buffer[], done: DiskDone): void;
  /** Cuts the file to `size` bytes and makes that durable, then calls `done`. */
  truncateDurable(size: number, done: DiskDone): void;
  close(): void;
}

/**
 * Files of one server. Reading and listing are synchronous: they happen before the server serves.
 * A path is relative to the server's own directories as configured, or absolute.
 */
export interface Disk {
  /** Names in a directory, sorted; empty when there is none. */
  list(directory: string): string[];
  /** Creates a directory and its parents, durably. Throws the system's error. */
  makeDirectory(directory: string): void;
  exists(path: string): boolean;
  /** The whole file. Throws the system's error (ENOENT …). */
  read(path: string): Buffer;
  /** Opens a file for appending; creates it, durably with its directory entry, when missing. */
  openAppend(path: string, done: (result: AppendFile | Error) => void): void;
  /**
   * Puts `chunks` in the place of `path` atomically: write a temporary file beside it, fsync, rename,
   * fsync the directory. After a crash at any moment the old or the new content is there, whole.
   */
  replaceDurable(path: string, chunks: readonly Buffer[], done: DiskDone): void;
  /** Removes a file durably; a missing one is no error. */
  removeDurable(path: string, done: DiskDone): void;
  /**
   * Takes a directory for this process alone, until the returned function is called or the process
   * is gone, in whatever way. Throws when it is taken. A disk that no one shares has no such method.
   */
  lock?(directory: string): () => void;
}

/** Structured log lines: one per event that an operator needs, none per request. */
export interface Log {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
}

export type LogFields = Readonly<Record<string, unknown>>;
