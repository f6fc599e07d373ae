/** A client's session, as all servers know it: created and closed by transactions. */
export interface Session {
  /** The negotiated timeout, in milliseconds, when the session was created. */
  readonly timeoutMs: number;
  /** Whoever knows it may take the session over. */
  readonly password: Buffer;
}
