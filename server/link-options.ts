/** What a server's configuration says of its links to the others. */
import type { ServerConfig } from "./config.ts";
import type { PeerLinksOptions } from "./net/peer-links.ts";

/** Over the longest client frame: a transaction carries more than its request does. */
const PEER_FRAME_EXTRA_BYTES = 1024 * 1024;

export function linkOptionsOf(config: ServerConfig): PeerLinksOptions {
  const { tickMs, syncLimitTicks, maxFrameBytes, linkSecurity } = config;
  return {
    sid: config.serverId,
    ...linkSecurity,
    admitsGuests: config.reconfigEnabled,
    maxFrameBytes: maxFrameBytes + PEER_FRAME_EXTRA_BYTES,
    handshakeMs: tickMs * syncLimitTicks,
    silenceMs: tickMs * syncLimitTicks,
    keepaliveMs: tickMs / 2,
  };
}
