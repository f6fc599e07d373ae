/**
 * snapshot: takes one now, and gives it to who asks (`streaming`, unless that is false). restore: not
 * supported. As in ZooKeeper it is for those who have all rights on the root, which they prove with
 * `Authorization: SCHEME DATA`, as addauth does; and one snapshot may be asked for in an interval.
 */
import { authenticate, clientAddressOf, idsOfPeer } from "../../net/client-auth.ts";
import type { WordSource } from "../../net/four-letter/source.ts";
import { formatZxid, type ServerId } from "../../ids.ts";
import { encodeSnapshot } from "../../storage/snapshot-file.ts";
import { Perm, permitted } from "../../tree/acl.ts";
import { NOT_SERVING } from "./registry.ts";

export const SNAPSHOT_NAMES: ReadonlySet<string> = new Set(["snapshot", "snap"]);
export const RESTORE_NAMES: ReadonlySet<string> = new Set(["restore", "rest"]);

export const RESTORE_REFUSAL =
  "restore is not supported on a running server: stop all servers, put the snapshot into one server's " +
  "data directory, and let the others fetch everything from it; server/README.md, " +
  '"Backup and restore", says how';

export interface SnapshotRequest {
  readonly query: URLSearchParams;
  /** The header Authorization; null: there is none. */
  readonly authorization: string | null;
  /** `host:port` of who asks. */
  readonly remote: string;
}

export interface SnapshotAnswer {
  readonly status: number;
  readonly error: string | null;
  readonly headers: Readonly<Record<string, string>>;
  /** The file's content; null: it is not wanted, or there is none. */
  readonly file: Buffer | null;
}

/** ZooKeeper is content with one of them, so that who may read the root gets everything. */
const NEEDED_RIGHTS = [Perm.read, Perm.write, Perm.create, Perm.delete, Perm.admin];

/** One for each admin port: it knows when a snapshot was taken last. */
export class SnapshotCommand {
  readonly #source: WordSource;
  readonly #nowMs: () => number;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** `nowMs`: a monotonic clock. */
  constructor(source: WordSource, nowMs: () => number) {
    this.#source = source;
    this.#nowMs = nowMs;
  }

  /** Never answered if the server stops meanwhile: its connections are closed then. */
  async run(request: SnapshotRequest): Promise<SnapshotAnswer> {
    const { enabled, minIntervalMs } = this.#source.config.adminSnapshot;
    if (this.#source.service() === "none") {
      return refused(200, NOT_SERVING);
    }
    const unauthorized = this.#unauthorized(request);
    if (unauthorized !== null) return unauthorized;
    if (!enabled) {
      return refused(503, "snapshots over HTTP are disabled; set admin.snapshot.enabled=true");
    }
    const leftMs = this.#lastMs + minIntervalMs - this.#nowMs();
    if (leftMs > 0) {
      const seconds = Math.ceil(leftMs / 1_000);
      const error = `one snapshot in ${minIntervalMs} ms (admin.rateLimiterIntervalInMS)`;
      return refused(429, `${error}: ask again in ${seconds} s`, { "Retry-After": `${seconds}` });
    }
    this.#lastMs = this.#nowMs();
    return await this.#take(request.query.get("streaming")?.toLowerCase() ?? "true");
  }

  #take(streaming: string): Promise<SnapshotAnswer> {
    return new Promise((resolve) => {
      this.#source.parts.takeSnapshot((result) => {
        if (result instanceof Error) {
          resolve(refused(503, `no snapshot could be written: ${result.message}`));
          return;
        }
        const { zxid, chunks } = result;
        const sid: ServerId = this.#source.config.serverId;
        const file = encodeSnapshot(sid, zxid, chunks);
        const size = file.reduce((sum, { length }) => sum + length, 0);
        const headers = { last_zxid: formatZxid(zxid), snapshot_size: `${size}` };
        const wanted = streaming === "true" ? Buffer.concat(file) : null;
        resolve({ status: 200, error: null, headers, file: wanted });
      });
    });
  }

  /** Null: who asks may. */
  #unauthorized({ authorization, remote }: SnapshotRequest): SnapshotAnswer | null {
    if (authorization === null) return refused(401, "Auth info is missing for the command");
    const { config, replica } = this.#source;
    const [scheme, data, ...more] = authorization.split(" ");
    const access = {
      skipAcl: config.skipAcl,
      superDigest: config.superDigest,
      x509SuperUser: config.x509SuperUser,
    };
    const peer = { ip: clientAddressOf(remote), subject: null };
    const bytes = data === undefined ? null : Buffer.from(data);
    const ids =
      more.length > 0
        ? null
        : authenticate(scheme ?? "", bytes, idsOfPeer(peer, access), peer, access);
    if (ids === null) return refused(401, "Not authenticated");
    const acl = replica.tree.get("/")?.acl ?? [];
    if (config.skipAcl || NEEDED_RIGHTS.every((right) => permitted(acl, right, ids))) return null;
    return refused(403, "Not authorized");
  }
}

function refused(
  status: number,
  error: string,
  headers: Readonly<Record<string, string>> = {},
): SnapshotAnswer {
  return { status, error, headers, file: null };
}
