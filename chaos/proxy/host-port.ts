export interface HostPort {
  readonly host: string;
  /** 0 in a listen address stands for any free port. */
  readonly port: number;
}

/**
 * Parses `host:port`, `[ipv6]:port` or `:port` (all interfaces). Throws an Error that says what is
 * wrong with the address.
 */
export function parseHostPort(address: string): HostPort {
  const colon = address.lastIndexOf(":");
  if (colon < 0) throw new Error(`address ${address}: missing port in address`);
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
  const portText = address.slice(colon + 1);
  const port = Number(portText);
  if (!/^\d+$/.test(portText) || port > 65_535) {
    throw new Error(`address ${address}: the port must be a number from 0 to 65535`);
  }
  return { host: host === "" ? "::" : host, port };
}

/** The inverse: an IPv6 host gets its brackets. */
export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
