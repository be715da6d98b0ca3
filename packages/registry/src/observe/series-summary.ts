import { RecentCounts } from './recent-counts.js';
import type { RenderedMetric, Sample, Series, SeriesHistogram } from './series-histogram.js';

/** Those of OpenShift's registry (reference registry 7.1). */
const QUANTILES = [0.5, 0.9, 0.99];

/**
 * A summary of what a histogram has observed. Quantiles of several processes cannot be put together, their buckets can:
 * until `withQuantiles` makes quantiles of them, the recent observations stand as buckets in place of these.
 */
export class SeriesSummary {
  readonly type = 'summary';
  readonly aggregator = 'sum';
  readonly #recent = new WeakMap<Series, RecentCounts>();

  constructor(
    readonly name: string,
    readonly help: string,
    private readonly histogram: SeriesHistogram,
    /** Milliseconds of a clock that nobody sets. */
    private readonly now: () => number,
  ) {}

  /** What prom-client asks for. */
  get(): RenderedMetric {
    const { name, help, type, aggregator, histogram } = this;
    const values = Array.from(histogram.all(), (series) => this.#samples(series)).flat();
    return { name, help, type, aggregator, values };
  }

  #samples(series: Series): Sample[] {
    const { name, histogram, now } = this;
    const { labels, counts, sum } = series;
    const recent = this.#recent.get(series) ?? new RecentCounts();
    this.#recent.set(series, recent);
    const buckets = Array.from(recent.growth(counts, now()), (value, index) => ({
      metricName: name,
      labels: { ...labels, le: histogram.boundOf(index) },
      value,
    }));
    const count = counts.reduce((total, inBucket) => total + inBucket, 0);
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: count },
    ];
  }
}

interface Bucket {
  /** Its upper bound. */
  bound: number;
  count: number;
}

/** Puts quantiles in the place of a summary's buckets; a series without recent observations has none. */
export function withQuantiles(metric: RenderedMetric): RenderedMetric {
  if (metric.type !== 'summary') return metric;
  const series = new Map<string, { labels: Sample['labels']; buckets: Bucket[] }>();
  const others: Sample[] = [];
  for (const sample of metric.values) {
    const { le, ...labels } = sample.labels;
    if (le === undefined) others.push(sample);
    else {
      const key = JSON.stringify(labels);
      const known = series.get(key) ?? { labels, buckets: [] };
      known.buckets.push({ bound: le === '+Inf' ? Infinity : Number(le), count: sample.value });
      series.set(key, known);
    }
  }
  const quantiles = [...series.values()].flatMap(({ labels, buckets }) =>
    QUANTILES.flatMap((quantile) => {
      const value = quantileOf(quantile, buckets);
      return value === undefined ? [] : [{ metricName: metric.name, labels: { ...labels, quantile }, value }];
    }),
  );
  return { ...metric, values: [...quantiles, ...others] };
}

/**
 * The value below which the share `quantile` of the observations lies, as Prometheus' `histogram_quantile` estimates it:
 * they lie evenly within each bucket, and beyond the last bound at that bound. Undefined without observations.
 */
export function quantileOf(quantile: number, buckets: readonly Bucket[]): number | undefined {
  const total = buckets.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return undefined;
  let below = 0;
  let lower = 0;
  for (const { bound, count } of buckets) {
    const wanted = quantile * total - below;
    if (count > 0 && wanted <= count) return bound === Infinity ? lower : lower + (bound - lower) * (wanted / count);
    below += count;
    lower = bound === Infinity ? lower : bound;
  }
  return lower;
}
