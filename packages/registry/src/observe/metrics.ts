import type { Operation, RequestObservation } from '@longshore/distribution';
import type { StorageErrorCode } from '@longshore/storage';
import { AggregatorRegistry, collectDefaultMetrics, Gauge, Registry, type Summary } from 'prom-client';
import type { Decision } from '../access/access.js';
import { SeriesCounter } from './series-counter.js';
import type { Tally } from './series-counter.js';
import { DURATION_BUCKETS, SeriesHistogram, SIZE_BUCKETS } from './series-histogram.js';
import type { Observer, RenderedMetric } from './series-histogram.js';
import { SeriesSummary, withQuantiles } from './series-summary.js';

/** What Longshore tells beside what OpenShift's registry tells. */
const ADDED = /^imageregistry_(?:api|auth|limiter|quota|stream)_/;

export interface MetricsOptions {
  /** What `imageregistry_build_info` says; `version` is `major.minor.patch`. */
  build?: { version: string; commit: string };
  /** Whether to collect `process_*` and `nodejs_*` too. They observe the whole process: once is enough. Default true. */
  runtime?: boolean;
  /** Milliseconds of a clock that nobody sets. */
  now?: () => number;
}

/** What is known about a request when its answer is over. Times in seconds, sizes in bytes of body. */
export interface FinishedRequest {
  /** As sent: `GET`. */
  method: string;
  code: number;
  seconds: number;
  /** Time until the head of the answer was written; undefined when none was. */
  headerSeconds: number | undefined;
  requestBytes: number;
  responseBytes: number;
}

/** Counts the failures of one kind of storage call. */
export interface FailureMeter {
  failed(code: StorageErrorCode): void;
}

/** Measures one kind of storage call. */
export interface StorageMeter extends Observer, FailureMeter {}

export type CacheAnswer = 'Hit' | 'Miss';

/** The names that OpenShift's registry gives to what it asks others for (reference registry 7.1). */
const UPSTREAM_OPERATIONS = {
  ping: 'Init',
  token: 'Token',
  manifest: 'ManifestService.Get',
  blob: 'BlobStore.Get',
  tags: 'TagService.All',
  upload: 'BlobStore.Put',
  signatures: 'Signatures.Get',
} as const satisfies Record<Operation, string>;

interface MethodSeries {
  label: string;
  seconds: Observer;
  /** Indexed by status code. */
  requests: (Tally | undefined)[];
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** The metrics of reference registry 7.1; beside each summary a histogram, as summaries cannot be summed over replicas. */
export class Metrics {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;

  readonly #registry = new Registry();
  #now: () => number = () => performance.now();
  readonly #operations = this.#summary(
    'imageregistry_request_duration_seconds',
    'Latency of operations',
    DURATION_BUCKETS,
    ['operation'],
  );
  readonly #requests = this.#counter('imageregistry_http_requests_total', 'HTTP requests answered', ['code', 'method']);
  readonly #requestSeconds = this.#summary(
    'imageregistry_http_request_duration_seconds',
    'Latency of HTTP requests',
    DURATION_BUCKETS,
    ['method'],
  );
  readonly #requestBytes = this.#summary(
    'imageregistry_http_request_size_bytes',
    'Sizes of request bodies',
    SIZE_BUCKETS,
  ).series();
  readonly #responseBytes = this.#summary(
    'imageregistry_http_response_size_bytes',
    'Sizes of response bodies',
    SIZE_BUCKETS,
  ).series();
  readonly #headerSeconds = this.#histogram(
    'imageregistry_http_time_to_write_header_seconds',
    'Time until the head of the answer was written',
    DURATION_BUCKETS,
  ).series();
  readonly #storageSeconds = this.#summary(
    'imageregistry_storage_duration_seconds',
    'Latency of storage calls',
    DURATION_BUCKETS,
    ['operation'],
  );
  readonly #storageErrors = this.#counter('imageregistry_storage_errors_total', 'Failed storage calls', [
    'operation',
    'code',
  ]);
  readonly #storageActions = this.#histogram(
    'registry_storage_action_seconds',
    'Latency of storage calls by driver',
    DURATION_BUCKETS,
    ['driver', 'action'],
  );
  readonly #descriptorCache = this.#counter('registry_storage_cache_total', 'Lookups of blob descriptors', ['type']);
  readonly #descriptorRequests = this.#descriptorCache.tally('Request');
  readonly #descriptorHits = this.#descriptorCache.tally('Hit');
  readonly #digestCache = this.#hitsAndMisses(
    'imageregistry_digest_cache_requests_total',
    'Lookups of digests without a repository',
  );
  readonly #scopedDigestCache = this.#hitsAndMisses(
    'imageregistry_digest_cache_scoped_requests_total',
    'Lookups of digests within a repository',
  );
  readonly #decisions = this.#counter('imageregistry_auth_decisions_total', 'Access decisions', ['outcome']);
  readonly #decisionTallies: Record<Decision['outcome'], Tally> = {
    allow: this.#decisions.tally('allow'),
    unauthenticated: this.#decisions.tally('unauthenticated'),
    forbidden: this.#decisions.tally('forbidden'),
    unavailable: this.#decisions.tally('unavailable'),
  };
  readonly #pullthroughCache = this.#hitsAndMisses(
    'imageregistry_pullthrough_blobstore_cache_requests_total',
    'Lookups of the repository from which a digest came the last time',
  );
  readonly #pullthroughSeconds = this.#summary(
    'imageregistry_pullthrough_repository_duration_seconds',
    'Latency of requests to other registries',
    DURATION_BUCKETS,
    ['registry', 'operation'],
  );
  readonly #pullthroughErrors = this.#counter(
    'imageregistry_pullthrough_repository_errors_total',
    'Failed requests to other registries',
    ['registry', 'operation', 'code'],
  );
  readonly #rejections = this.#counter('imageregistry_limiter_rejected_total', 'Requests refused by the limits', [
    'kind',
  ]);
  readonly #streamCache = this.#hitsAndMisses(
    'imageregistry_stream_cache_requests_total',
    'Lookups of tags in image streams; a miss asks the API server',
  );
  readonly #apiSeconds = this.#histogram(
    'imageregistry_api_request_duration_seconds',
    'Latency of calls of the API server',
    DURATION_BUCKETS,
    ['operation'],
  );
  readonly #apiRequests = this.#counter('imageregistry_api_requests_total', 'Calls of the API server', [
    'operation',
    'code',
  ]);
  readonly #quotaRefusals = this.#counter('imageregistry_quota_refused_total', 'Uploads refused by a limit or quota', [
    'resource',
  ]);
  readonly #methods = new Map(METHODS.map((method) => [method, this.#method(method.toLowerCase())]));
  readonly #otherMethod = this.#method('other');
  #inFlight = 0;
  #queued: () => number = () => 0;

  constructor(options: MetricsOptions) {
    if (options.now) this.#now = options.now;
    this.#gauge('imageregistry_http_in_flight_requests', 'HTTP requests in progress', () => this.#inFlight);
    this.#gauge('imageregistry_limiter_queued', 'Requests waiting for a free slot', () => this.#queued());
    this.#buildInfo(options.build ?? { version: '0.0.0', commit: 'unknown' });
    if (options.runtime !== false) collectDefaultMetrics({ register: this.#registry });
  }

  /** A request arrived; `requestFinished` must follow. */
  requestStarted(): void {
    this.#inFlight++;
  }

  requestFinished(request: FinishedRequest): void {
    this.#inFlight--;
    const series = this.#methods.get(request.method) ?? this.#otherMethod;
    (series.requests[request.code] ??= this.#requests.tally(String(request.code), series.label)).value++;
    series.seconds.observe(request.seconds);
    this.#requestBytes.observe(request.requestBytes);
    this.#responseBytes.observe(request.responseBytes);
    if (request.headerSeconds !== undefined) this.#headerSeconds.observe(request.headerSeconds);
  }

  /** Where to observe the seconds of an operation such as `BlobStore.Stat`. Ask once, when the program starts. */
  operation(name: string): Observer {
    return this.#operations.series(name);
  }

  /**
   * Where to observe the seconds and the failures of one storage call: `operation` is our name for it
   * (`StorageDriver.Stat`), `action` distribution's, where it has one. Ask once, when the program starts.
   */
  storage(operation: string, driver?: string, action?: string): StorageMeter {
    const seconds = this.#storageSeconds.series(operation);
    const actions =
      driver === undefined || action === undefined ? undefined : this.#storageActions.series(driver, action);
    return {
      ...this.storageFailures(operation),
      observe(value) {
        seconds.observe(value);
        actions?.observe(value);
      },
    };
  }

  /** As `storage`, for calls that are too short to be timed. */
  storageFailures(operation: string): FailureMeter {
    return { failed: (code) => this.#storageErrors.tally(operation, code).add() };
  }

  /** The blob descriptor cache was asked. */
  descriptorLookup(answer: CacheAnswer): void {
    this.#descriptorRequests.add();
    if (answer === 'Hit') this.#descriptorHits.add();
  }

  /** The digest cache was asked without a repository. */
  digestLookup(answer: CacheAnswer): void {
    this.#digestCache[answer].add();
  }

  /** The digest cache was asked for a repository. */
  scopedDigestLookup(answer: CacheAnswer): void {
    this.#scopedDigestCache[answer].add();
  }

  /** It was asked from where a digest came the last time. */
  pullthroughLookup(answer: CacheAnswer): void {
    this.#pullthroughCache[answer].add();
  }

  /** Another registry has answered a request, or failed to. 401 is how it asks for credentials. */
  pullthroughRequest({ registry, operation, code, seconds }: RequestObservation): void {
    const name = UPSTREAM_OPERATIONS[operation];
    this.#pullthroughSeconds.series(registry, name).observe(seconds);
    const isError = typeof code === 'string' || (code >= 400 && code !== 401);
    if (isError) this.#pullthroughErrors.tally(registry, name, String(code)).add();
  }

  /** A tag was looked up in the image streams that are remembered. */
  streamLookup(answer: CacheAnswer): void {
    this.#streamCache[answer].add();
  }

  /** The API server was asked. `code`: the HTTP status, or why there is none. */
  apiCall(operation: string, code: string, seconds: number): void {
    this.#apiRequests.tally(operation, code).add();
    this.#apiSeconds.series(operation).observe(seconds);
  }

  quotaRefused(resource: string): void {
    this.#quotaRefusals.tally(resource).add();
  }

  authDecision(outcome: Decision['outcome']): void {
    this.#decisionTallies[outcome].add();
  }

  limiterRejected(kind: 'read' | 'write'): void {
    this.#rejections.tally(kind).add();
  }

  /** Tells where to read how many requests wait for a slot. */
  watchQueue(queued: () => number): void {
    this.#queued = queued;
  }

  /** This process's metrics in the text format. */
  async render(): Promise<string> {
    return this.renderAggregate([await this.metricsAsJson()]);
  }

  /** This process's metrics as JSON, to be sent to whoever calls `renderAggregate`. */
  async metricsAsJson(): Promise<unknown> {
    const metrics = await this.#registry.getMetricsAsJSON();
    return metrics.map(({ name, help, type, aggregator, values }) => ({
      name,
      help,
      type,
      aggregator: aggregatorOf(name) ?? aggregator,
      values: values.filter((each) => Number.isFinite(each.value)),
    }));
  }

  /** One scrape for several processes: the sum of what their `metricsAsJson` gave, facts about the build once. */
  async renderAggregate(parts: unknown[]): Promise<string> {
    const sums = await AggregatorRegistry.aggregate(parts as object[]).getMetricsAsJSON();
    const page = new Registry();
    for (const sum of (sums as unknown as RenderedMetric[]).sort(inOrder)) {
      const metric = { name: sum.name, get: () => withQuantiles(sum) };
      page.registerMetric(metric as unknown as Summary);
    }
    return page.metrics();
  }

  /** A summary, and the histogram from which it is made, as `…_histogram_seconds`. */
  #summary(name: string, help: string, buckets: readonly number[], labelNames?: string[]): SeriesHistogram {
    const histogram = this.#histogram(name.replace(/_(?=[a-z]+$)/, '_histogram_'), help, buckets, labelNames);
    const summary = new SeriesSummary(name, help, histogram, () => this.#now());
    this.#registry.registerMetric(summary as unknown as Summary);
    return histogram;
  }

  #histogram(name: string, help: string, buckets: readonly number[], labelNames?: string[]): SeriesHistogram {
    return new SeriesHistogram(this.#registry, name, help, buckets, labelNames);
  }

  #counter(name: string, help: string, labelNames: string[]): SeriesCounter {
    return new SeriesCounter(this.#registry, name, help, labelNames);
  }

  #hitsAndMisses(name: string, help: string): Record<CacheAnswer, Tally> {
    const counter = this.#counter(name, help, ['type']);
    return { Hit: counter.tally('Hit'), Miss: counter.tally('Miss') };
  }

  #gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.#registry],
      collect() {
        this.set(read());
      },
    });
  }

  #method(label: string): MethodSeries {
    return { label, seconds: this.#requestSeconds.series(label), requests: [] };
  }

  #buildInfo(build: { version: string; commit: string }): void {
    const [major = '', minor = ''] = build.version.split('.');
    const gauge = new Gauge({
      name: 'imageregistry_build_info',
      help: 'Always 1; the labels tell the build',
      labelNames: ['major', 'minor', 'gitCommit', 'gitVersion'],
      registers: [this.#registry],
      aggregator: 'first',
    });
    gauge.set({ major, minor, gitCommit: build.commit, gitVersion: `v${build.version}` }, 1);
  }
}

/** The metrics of one process, in a registry of their own. */
export function createMetrics(options: MetricsOptions = {}): Metrics {
  return new Metrics(options);
}

/**
 * How a metric of prom-client's own is put together from several processes. The start time is left out of sums: the oldest
 * process's is the service's. Event-loop delays would be averaged, and idle processes would hide a busy one.
 */
function aggregatorOf(name: string): 'min' | 'max' | undefined {
  if (name === 'process_start_time_seconds') return 'min';
  return name.startsWith('nodejs_eventloop_lag') ? 'max' : undefined;
}

/**
 * By name, as other exporters do; first what OpenShift's registry has, so that the twenty lines that its documentation looks at
 * are the same, and the many lines of histograms last.
 */
function inOrder(left: RenderedMetric, right: RenderedMetric): number {
  const rank = ({ name, type }: RenderedMetric) => (type === 'histogram' ? 2 : ADDED.test(name) ? 1 : 0);
  return rank(left) - rank(right) || (left.name < right.name ? -1 : 1);
}
