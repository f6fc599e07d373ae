/** Reads the body of a request, within bounds. */
import type { IncomingMessage } from "node:http";
import { Refusal } from "./refusal.ts";

/** What is read and thrown away of a body that is too large, so that its sender gets to read why. */
const MAX_IGNORED_BYTES = 4 * 1024 * 1024;

/** Why a body is refused before any of it is read; null: it may be sent. */
export function refusedUnread(request: IncomingMessage, maxBytes: number): Refusal | null {
  const claimed = Number(request.headers["content-length"] ?? 0);
  return claimed > maxBytes ? tooLarge(maxBytes) : null;
}

/**
 * The whole body. Rejects with a `Refusal` when it is longer than `maxBytes`, with a `ClientGone` when the
 * client is gone before its end, and with the signal's reason when no more of it can come.
 */
export function readBody(
  request: IncomingMessage,
  maxBytes: number,
  signal: AbortSignal,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const broken = (): void => {
      if (!request.complete) reject(signal.reason as Error);
    };
    if (signal.aborted) broken();
    signal.addEventListener("abort", broken, { once: true });
    const chunks: Buffer[] = [];
    let length = 0;
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= maxBytes) chunks.push(chunk);
      else chunks.length = 0;
      if (length > maxBytes + MAX_IGNORED_BYTES) {
        request.pause();
        reject(tooLarge(maxBytes));
      }
    });
    request.on("end", () => {
      if (length > maxBytes) reject(tooLarge(maxBytes));
      else resolve(Buffer.concat(chunks));
    });
    request.on("close", () => {
      signal.removeEventListener("abort", broken);
      reject(new ClientGone());
    });
    request.on("error", () => reject(new ClientGone()));
  });
}

/** Nobody waits for the answer any more. */
export class ClientGone extends Error {
  override readonly name = "ClientGone";
}

function tooLarge(maxBytes: number): Refusal {
  if (maxBytes === 0) return new Refusal(400, "the request has a body, expected none");
  return new Refusal(413, `the body is over ${maxBytes} bytes (jute.maxbuffer)`);
}
