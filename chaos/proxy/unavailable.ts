/** The proxy server that was asked for cannot be had; the message names it and the remedy. */
export class ProxyUnavailableError extends Error {
  override readonly name = "ProxyUnavailableError";
}
