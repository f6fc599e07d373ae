/**
 * How two servers begin a link, before anything else is parsed.
 *
 * ```
 * hello    int32 length, int32 magic "QLAB", int32 version, int32 sender, int32 receiver, nonce
 * nonce    nothing in version 2; 32 random bytes in version 3
 * proof    int32 length, int32 magic "QLAB", 32 bytes HMAC-SHA-256
 *
 * version 2 (no secret)   hello of the dialler, hello of the listener
 * version 3 (a secret)    hello of the dialler, hello of the listener, proof of the dialler, proof of
 *                         the listener
 * ```
 *
 * A proof is the HMAC, under the secret that the servers share, of who proves (dialler or listener), both
 * ids and both nonces: it is of no use on another connection (the nonces), for another pair of servers
 * (the ids) or in the other direction (the role). The dialler proves first, so that who merely connects
 * gets nothing that depends on the secret. Only what has been proved is judged.
 */
import type { Env } from "../env.ts";
import type { ServerId } from "../ids.ts";

const MAGIC = 0x514c4142;
/** Without a secret, and with one. */
const OPEN_VERSION = 2;
const SECRET_VERSION = 3;
const NONCE_BYTES = 32;
const PROOF_BYTES = 32;
const OPEN_HELLO_BYTES = 16;
const SECRET_HELLO_BYTES = OPEN_HELLO_BYTES + NONCE_BYTES;
const PROOF_FRAME_BYTES = 4 + PROOF_BYTES;
const LENGTH_BYTES = 4;
const NOT_OURS = "not a server of this kind";
const NO_SECRET = "it does not authenticate: give it the quorum.auth.secretFile of this server";
const NO_SECRET_HERE =
  "it authenticates, and this server has no quorum.auth.secretFile: give it the same";
const WRONG_SECRET = "it does not know the secret of quorum.auth.secretFile";
/** Separates these proofs from whatever else the same secret may be used for. */
const PURPOSE = "quorum-lab link 3";

export interface HandshakeOptions {
  readonly sid: ServerId;
  /** What all servers of the ensemble know, and nobody else; null: links are open. */
  readonly secret: Buffer | null;
}

export interface HandshakeSide {
  /** Sends bytes to the other side. */
  send(bytes: Buffer): void;
  /** Why the other side, which is who it says it is, is refused; null: it is not. */
  judge(from: ServerId, to: ServerId): string | null;
}

export type HandshakeProgress =
  | { readonly type: "more" }
  | { readonly type: "refused"; readonly reason: string }
  /** `rest` are bytes that followed the handshake. */
  | { readonly type: "done"; readonly peer: ServerId; readonly rest: Buffer };

interface Hello {
  readonly from: ServerId;
  readonly to: ServerId;
  readonly nonce: Buffer;
}

const MORE: HandshakeProgress = { type: "more" };

export class LinkHandshake {
  readonly #env: Pick<Env, "random" | "hash">;
  readonly #options: HandshakeOptions;
  readonly #dialled: ServerId | null;
  readonly #side: HandshakeSide;
  readonly #nonce: Buffer;
  /** What came and is not used yet: never more than one chunk beyond a frame. */
  #held: Buffer = Buffer.alloc(0);
  /** The other side's, when it came. */
  #hello: Hello | null = null;

  /** `dialled` is who is expected; null: whoever has connected here. */
  constructor(
    env: Pick<Env, "random" | "hash">,
    options: HandshakeOptions,
    dialled: ServerId | null,
    side: HandshakeSide,
  ) {
    this.#env = env;
    this.#options = options;
    this.#dialled = dialled;
    this.#side = side;
    this.#nonce = options.secret === null ? Buffer.alloc(0) : env.random.bytes(NONCE_BYTES);
  }

  /** The dialler begins; nobody else says anything before it has heard a hello. */
  start(): void {
    if (this.#dialled !== null) this.#sendHello(this.#dialled);
  }

  /** After a progress other than "more" it must not be called again. */
  push(chunk: Buffer): HandshakeProgress {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    let progress = MORE;
    if (this.#hello === null) progress = this.#readHello();
    if (progress.type === "more" && this.#hello !== null && this.#held.length > 0)
      progress = this.#readProof(this.#hello);
    return progress;
  }

  #readHello(): HandshakeProgress {
    const held = this.#held;
    const length = intAt(held, 0);
    const isHello =
      (length === null || length === OPEN_HELLO_BYTES || length === SECRET_HELLO_BYTES) &&
      (intAt(held, 4) ?? MAGIC) === MAGIC;
    // Who is not one of us is not waited for.
    if (!isHello) return refused(NOT_OURS);
    if (length === null || held.length < LENGTH_BYTES + length) return MORE;
    const version = held.readInt32BE(8);
    const fault = this.#versionFault(version, length);
    if (fault !== null) return refused(fault);
    const from = held.readInt32BE(12) as ServerId;
    const to = held.readInt32BE(16) as ServerId;
    const hello = { from, to, nonce: held.subarray(20, LENGTH_BYTES + length) };
    this.#hello = hello;
    this.#held = held.subarray(LENGTH_BYTES + length);
    if (this.#dialled !== null && from !== this.#dialled)
      return refused(`server ${from} answers where server ${this.#dialled} was expected`);
    return this.#answerHello(hello);
  }

  #versionFault(version: number, length: number): string | null {
    const { secret } = this.#options;
    const expected = secret === null ? OPEN_VERSION : SECRET_VERSION;
    const isWhole = (length === SECRET_HELLO_BYTES) === (version === SECRET_VERSION);
    if (version === expected) return isWhole ? null : NOT_OURS;
    if (version === SECRET_VERSION) return NO_SECRET_HERE;
    if (version === OPEN_VERSION) return NO_SECRET;
    return `link version ${version}: expected ${expected}`;
  }

  #answerHello(hello: Hello): HandshakeProgress {
    const isListener = this.#dialled === null;
    if (this.#options.secret === null) {
      const reason = this.#side.judge(hello.from, hello.to);
      if (reason !== null) return refused(reason);
      if (isListener) this.#sendHello(hello.from);
      return this.#done(hello);
    }
    if (isListener) this.#sendHello(hello.from);
    else this.#sendProof(hello, this.#options.secret);
    return MORE;
  }

  #readProof(hello: Hello): HandshakeProgress {
    const { secret } = this.#options;
    const held = this.#held;
    if ((intAt(held, 0) ?? PROOF_FRAME_BYTES) !== PROOF_FRAME_BYTES) return refused(NOT_OURS);
    if ((intAt(held, 4) ?? MAGIC) !== MAGIC || secret === null) return refused(NOT_OURS);
    const wholeBytes = LENGTH_BYTES + PROOF_FRAME_BYTES;
    if (held.length < wholeBytes) return MORE;
    const isListener = this.#dialled === null;
    const expected = this.#proof(hello, secret, isListener ? "dialler" : "listener");
    const isProved = this.#env.hash.isEqual(held.subarray(8, wholeBytes), expected);
    if (!isProved) return refused(WRONG_SECRET);
    const reason = this.#side.judge(hello.from, hello.to);
    if (reason !== null) return refused(reason);
    this.#held = held.subarray(wholeBytes);
    if (isListener) this.#sendProof(hello, secret);
    return this.#done(hello);
  }

  #done({ from }: Hello): HandshakeProgress {
    return { type: "done", peer: from, rest: this.#held };
  }

  #sendHello(to: ServerId): void {
    const version = this.#options.secret === null ? OPEN_VERSION : SECRET_VERSION;
    const length = OPEN_HELLO_BYTES + this.#nonce.length;
    const head = ints(length, MAGIC, version, this.#options.sid, to);
    this.#side.send(Buffer.concat([head, this.#nonce]));
  }

  #sendProof(hello: Hello, secret: Buffer): void {
    const proof = this.#proof(hello, secret, this.#dialled === null ? "listener" : "dialler");
    this.#side.send(Buffer.concat([ints(PROOF_FRAME_BYTES, MAGIC), proof]));
  }

  #proof(hello: Hello, secret: Buffer, prover: "dialler" | "listener"): Buffer {
    const { sid } = this.#options;
    const isListener = this.#dialled === null;
    // The one who listens is named as it was called: whom the dialler asked for is what it proves.
    const [dialler, listener] = isListener ? [hello.from, hello.to] : [sid, hello.from];
    const nonces = isListener ? [hello.nonce, this.#nonce] : [this.#nonce, hello.nonce];
    const said = [Buffer.from(`${PURPOSE} ${prover}\0`), ints(dialler, listener), ...nonces];
    return this.#env.hash.hmacSha256(secret, Buffer.concat(said));
  }
}

function refused(reason: string): HandshakeProgress {
  return { type: "refused", reason };
}

function intAt(bytes: Buffer, offset: number): number | null {
  return bytes.length < offset + 4 ? null : bytes.readInt32BE(offset);
}

function ints(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeInt32BE(value, 4 * index));
  return bytes;
}
