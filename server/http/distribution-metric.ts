/**
 * A `Distribution` as Prometheus reads it: as a summary (ZooKeeper's form, so that its dashboards find
 * `fsynctime{quantile="0.99"}`) or as a histogram (from which rates and windows can be computed).
 */
import { Histogram, Summary } from "prom-client";
import type {
  MetricObjectWithValues,
  MetricType,
  MetricValueWithName,
  Registry,
} from "prom-client";
import type { Distribution } from "../distribution.ts";

const QUANTILES = [0.5, 0.9, 0.99] as const;

interface DistributionMetricOptions {
  readonly name: string;
  readonly help: string;
  readonly registry: Registry;
  readonly distribution: Distribution;
}

type Value = MetricValueWithName<string>;
type Exported = MetricObjectWithValues<Value>;

/** Quantiles over the server's life, estimated from the buckets. */
export class DistributionSummary extends Summary {
  readonly #options: DistributionMetricOptions;

  constructor(options: DistributionMetricOptions) {
    super({ name: options.name, help: options.help, registers: [options.registry] });
    this.#options = options;
  }

  override get(): Promise<Exported> {
    const { distribution, name, help } = this.#options;
    const quantiles: Value[] = QUANTILES.map((quantile) => ({
      metricName: name,
      labels: { quantile: String(quantile) },
      value: distribution.quantile(quantile),
    }));
    return Promise.resolve({
      name,
      help,
      type: metricType("summary"),
      aggregator: "sum",
      collect: () => undefined,
      values: [...quantiles, ...totals(name, distribution)],
    });
  }
}

export class DistributionHistogram extends Histogram {
  readonly #options: DistributionMetricOptions;

  constructor(options: DistributionMetricOptions) {
    super({ name: options.name, help: options.help, registers: [options.registry] });
    this.#options = options;
  }

  override get(): Promise<Exported> {
    const { distribution, name, help } = this.#options;
    let upTo = 0;
    const buckets = Array.from(distribution.buckets, (inBucket, index) => {
      upTo += inBucket;
      const bound = distribution.bounds[index];
      const labels = { le: bound === undefined ? "+Inf" : String(bound) };
      return { metricName: `${name}_bucket`, labels, value: upTo };
    });
    return Promise.resolve({
      name,
      help,
      type: metricType("histogram"),
      aggregator: "sum",
      collect: () => undefined,
      values: [...buckets, ...totals(name, distribution)],
    });
  }

  /** What prom-client's registry really calls for the text format; its types do not know it. */
  getForPromString(): Promise<Exported> {
    return this.get();
  }
}

/** prom-client's types say that this is an enum; its code, and what it prints, are these strings. */
function metricType(type: "summary" | "histogram"): MetricType {
  return type as unknown as MetricType;
}

function totals(name: string, distribution: Distribution): Value[] {
  return [
    { metricName: `${name}_sum`, labels: {}, value: distribution.sum },
    { metricName: `${name}_count`, labels: {}, value: distribution.count },
  ];
}
