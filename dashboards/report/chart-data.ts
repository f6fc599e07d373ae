/**
 * What the page's scripts get: the charts and the marks on their time axis, as JSON in the page. The
 * scripts in `page/` draw it and decide nothing.
 */

/** Values at rising places of the x axis; null: a gap, the line is interrupted. */
export type ChartPoints = readonly [xs: readonly number[], ys: readonly (number | null)[]];

export interface ChartSeries {
  readonly label: string;
  /** Colour and dash of the line: an index into the page's palette. */
  readonly slot: number;
  readonly points: ChartPoints;
  /** The area below the line is tinted. */
  readonly fill?: boolean;
  /** A value holds until the next one. */
  readonly stepped?: boolean;
}

export interface ChartData {
  /** x: seconds of the run, or 1 / (1 − percentile). */
  readonly kind: "time" | "percentile";
  /** Of y; percentile charts are in ms. */
  readonly unit: string;
  /** CSS pixels. */
  readonly height: number;
  /** Faults as bands: with their names and the elections, or bare. */
  readonly marks: "named" | "bare";
  readonly series: readonly ChartSeries[];
}

export interface FaultMark {
  /** 1, 2, 3 …: as in the fault log of the page. */
  readonly number: number;
  readonly name: string;
  readonly fromS: number;
  readonly toS: number;
  readonly noQuorum: boolean;
}

export interface ElectionMark {
  readonly atS: number;
  readonly epoch: number;
  readonly server: number;
}

export interface PageData {
  readonly durationS: number;
  readonly faults: readonly FaultMark[];
  readonly elections: readonly ElectionMark[];
  /** By the id of the element that a chart is drawn into. */
  readonly charts: Readonly<Record<string, ChartData>>;
}
