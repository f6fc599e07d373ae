import { Counter, Gauge, Registry } from "prom-client";
import type { ProxyCollection } from "./proxy-collection.ts";
import type { Direction } from "./toxic.ts";

const DIRECTIONS: readonly Direction[] = ["upstream", "downstream"];

/**
 * Prometheus metrics over all proxies. The byte counters carry Toxiproxy's names and labels, but count
 * as bytes flow, not when a connection ends. They are read off the sockets at each scrape, so that they
 * cost the traffic nothing.
 */
export function createMetrics(collection: ProxyCollection): Registry {
  const registry = new Registry();
  const registers = [registry];
  const streamLabels = ["direction", "proxy", "listener", "upstream"] as const;
  const byteCounter = (kind: "received" | "sent"): void => {
    const counter: Counter = new Counter({
      name: `toxiproxy_proxy_${kind}_bytes_total`,
      help: `Bytes ${kind} on the links of a proxy, by direction.`,
      labelNames: streamLabels,
      registers,
      collect: () => {
        counter.reset();
        for (const proxy of collection.all()) {
          for (const direction of DIRECTIONS) {
            const { name, listen, upstream } = proxy;
            const labels = { direction, proxy: name, listener: listen, upstream };
            counter.inc(labels, proxy.bytes(direction)[kind]);
          }
        }
      },
    });
  };
  byteCounter("received");
  byteCounter("sent");
  const total: Counter = new Counter({
    name: "toxiproxy_proxy_connections_total",
    help: "Connections that a proxy has accepted.",
    labelNames: ["proxy"],
    registers,
    collect: () => {
      total.reset();
      for (const proxy of collection.all())
        total.inc({ proxy: proxy.name }, proxy.connectionsTotal);
    },
  });
  const open: Gauge = new Gauge({
    name: "toxiproxy_proxy_connections",
    help: "Connections of a proxy that are open.",
    labelNames: ["proxy"],
    registers,
    collect: () => {
      open.reset();
      for (const proxy of collection.all()) open.set({ proxy: proxy.name }, proxy.openConnections);
    },
  });
  return registry;
}
