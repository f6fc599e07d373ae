/**
 * What servers ask of each other on behalf of clients: questions go to the service of the server that
 * leads, answers to the one that asked, over its link or within this process.
 */
import type { ServerId, SessionId } from "./ids.ts";
import type { LeaderReplies, LeaderService } from "./leader-service.ts";
import type { ClientPort } from "./net/client-port.ts";
import type { PeerLinks } from "./net/peer-links.ts";
import type { ServiceMessage } from "./net/peer-message.ts";
import type { RequestRouter } from "./request-router.ts";
import type { DigestMessage } from "./state-digests.ts";

export interface ExchangeParts {
  readonly sid: ServerId;
  readonly links: Pick<PeerLinks, "send">;
  readonly router: RequestRouter;
  readonly port: Pick<ClientPort, "moved">;
  /** The leader's service while this server leads. */
  leaderService(): LeaderService | null;
  /** The leader that is followed now, or this server while it leads. */
  leader(): ServerId | null;
  /** Another server told of its configuration. */
  heard(from: ServerId, text: string): void;
  /** Another server told of the digest of its tree. */
  digest(from: ServerId, message: DigestMessage): void;
}

export class ServiceExchange implements LeaderReplies {
  readonly #parts: ExchangeParts;

  constructor(parts: ExchangeParts) {
    this.#parts = parts;
  }

  /** A message came over a link. Questions to a server that does not lead get no answer. */
  receive(from: ServerId, message: ServiceMessage): void {
    const service = this.#parts.leaderService();
    switch (message.type) {
      case "request":
        service?.request({ from, ...message });
        return;
      case "sync":
        service?.sync(from, message.request);
        return;
      case "revalidate": {
        const { request, sessionId, password, timeoutMs } = message;
        service?.revalidate(from, request, sessionId, password, timeoutMs);
        return;
      }
      case "touch":
        service?.touch(message.sessions);
        return;
      case "ensemble":
        this.#parts.heard(from, message.text);
        return;
      case "digest":
      case "diverged":
      case "outvoted":
        this.#parts.digest(from, message);
        return;
      case "keepalive":
        return;
      default:
        // Answers count only from the leader that is followed now.
        if (from === this.#parts.leader()) this.#answer(message);
    }
  }

  rejected(to: ServerId, request: number, code: number): void {
    this.#reply(to, { type: "rejected", request, code });
  }
  synced(to: ServerId, request: number): void {
    this.#reply(to, { type: "synced", request });
  }
  revalidated(to: ServerId, request: number, valid: boolean): void {
    this.#reply(to, { type: "revalidated", request, valid });
  }
  moved(to: ServerId, sessionId: SessionId): void {
    this.#reply(to, { type: "moved", sessionId });
  }

  #reply(to: ServerId, message: ServiceMessage): void {
    if (to === this.#parts.sid) this.#answer(message);
    else this.#parts.links.send(to, message);
  }

  #answer(message: ServiceMessage): void {
    const { router, port } = this.#parts;
    switch (message.type) {
      case "rejected":
        router.rejected(message.request, message.code);
        return;
      case "synced":
        router.synced(message.request);
        return;
      case "revalidated":
        router.revalidated(message.request, message.valid);
        return;
      case "moved":
        port.moved(message.sessionId);
        return;
      default:
        return;
    }
  }
}
