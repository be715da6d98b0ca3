import { describe, expect, it } from 'vitest';
import { createMetrics } from './metrics.js';
import type { FinishedRequest, Metrics } from './metrics.js';

const build = { version: '1.2.3', commit: 'abc' };
const small = () => createMetrics({ runtime: false, build });

function serve(metrics: Metrics, change: Partial<FinishedRequest> = {}): void {
  metrics.requestStarted();
  metrics.requestFinished({
    method: 'GET',
    code: 200,
    seconds: 0.002,
    headerSeconds: 0.001,
    requestBytes: 0,
    responseBytes: 1725,
    ...change,
  });
}

/** The samples of a text exposition by their series. */
function samples(text: string): Record<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line): [string, number] => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

describe('Metrics', () => {
  it('counts and measures requests', async () => {
    const metrics = small();
    serve(metrics);
    serve(metrics, { code: 404, seconds: 20 });
    serve(metrics, { method: 'BREW', headerSeconds: undefined, responseBytes: 2 ** 40 });
    metrics.requestStarted();
    expect(samples(await metrics.render())).toMatchObject({
      'imageregistry_http_requests_total{code="200",method="get"}': 1,
      'imageregistry_http_requests_total{code="404",method="get"}': 1,
      'imageregistry_http_requests_total{code="200",method="other"}': 1,
      imageregistry_http_in_flight_requests: 1,
      'imageregistry_http_request_duration_histogram_seconds_bucket{le="0.001",method="get"}': 0,
      'imageregistry_http_request_duration_histogram_seconds_bucket{le="0.0025",method="get"}': 1,
      'imageregistry_http_request_duration_histogram_seconds_bucket{le="10",method="get"}': 1,
      'imageregistry_http_request_duration_histogram_seconds_bucket{le="30",method="get"}': 2,
      'imageregistry_http_request_duration_histogram_seconds_bucket{le="+Inf",method="get"}': 2,
      'imageregistry_http_request_duration_seconds_count{method="get"}': 2,
      'imageregistry_http_request_duration_seconds_sum{method="get"}': 20.002,
      imageregistry_http_time_to_write_header_seconds_count: 2,
      'imageregistry_http_response_size_histogram_bytes_bucket{le="17179869184"}': 2,
      imageregistry_http_response_size_bytes_count: 3,
      imageregistry_http_request_size_bytes_sum: 0,
    });
  });

  it('counts what the parts of the registry tell it', async () => {
    const metrics = small();
    metrics.operation('BlobStore.Stat').observe(0.5);
    metrics.operation('BlobStore.Stat').observe(0.5);
    const stat = metrics.storage('StorageDriver.Stat', 'filesystem', 'Stat');
    stat.observe(0.25);
    stat.failed('DEVICE_OUT_OF_SPACE');
    metrics.storage('FileWriter.Sync').observe(1);
    metrics.descriptorLookup('Hit');
    metrics.descriptorLookup('Miss');
    metrics.digestLookup('Hit');
    metrics.scopedDigestLookup('Miss');
    metrics.authDecision('forbidden');
    metrics.limiterRejected('write');
    metrics.watchQueue(() => 7);
    expect(samples(await metrics.render())).toMatchObject({
      'imageregistry_request_duration_seconds_sum{operation="BlobStore.Stat"}': 1,
      'imageregistry_storage_duration_seconds_sum{operation="StorageDriver.Stat"}': 0.25,
      'imageregistry_storage_duration_seconds_sum{operation="FileWriter.Sync"}': 1,
      'imageregistry_storage_errors_total{operation="StorageDriver.Stat",code="DEVICE_OUT_OF_SPACE"}': 1,
      'registry_storage_action_seconds_count{driver="filesystem",action="Stat"}': 1,
      'registry_storage_cache_total{type="Request"}': 2,
      'registry_storage_cache_total{type="Hit"}': 1,
      'imageregistry_digest_cache_requests_total{type="Hit"}': 1,
      'imageregistry_digest_cache_requests_total{type="Miss"}': 0,
      'imageregistry_digest_cache_scoped_requests_total{type="Miss"}': 1,
      'imageregistry_auth_decisions_total{outcome="forbidden"}': 1,
      'imageregistry_auth_decisions_total{outcome="allow"}': 0,
      'imageregistry_limiter_rejected_total{kind="write"}': 1,
      imageregistry_limiter_queued: 7,
      'imageregistry_build_info{major="1",minor="2",gitCommit="abc",gitVersion="v1.2.3"}': 1,
    });
  });

  it('gives the same numbers at each scrape', async () => {
    const metrics = small();
    serve(metrics);
    expect(await metrics.render()).toBe(await metrics.render());
  });

  it('bounds the number of series', async () => {
    const metrics = small();
    for (let index = 0; index < 5_000; index++) metrics.operation(`operation ${index}`).observe(1);
    const rendered = samples(await metrics.render());
    const counts = Object.entries(rendered).filter(([name]) =>
      name.startsWith('imageregistry_request_duration_seconds_count'),
    );
    expect(counts.length).toBe(513);
    expect(counts.reduce((sum, [, count]) => sum + count, 0)).toBe(5_000);
  });

  it('tells quantiles of the last ten minutes beside histograms of all time', async () => {
    let now = 0;
    const metrics = createMetrics({ runtime: false, now: () => now });
    const quantiles = async () => {
      const text = await metrics.render();
      const lines = text.matchAll(
        /^imageregistry_http_request_duration_seconds\{method="get",quantile="([\d.]+)"\} (.*)$/gm,
      );
      return Array.from(lines, ([, quantile, value]) => [Number(quantile), Number(Number(value).toFixed(6))]);
    };
    expect(await quantiles()).toEqual([]);
    serve(metrics, { seconds: 0.2 });
    expect(await quantiles()).toEqual([
      [0.5, 0.175],
      [0.9, 0.235],
      [0.99, 0.2485],
    ]);
    now += 10 * 60_000;
    expect(await quantiles()).toHaveLength(3);
    now += 10 * 60_000;
    expect(await quantiles()).toEqual([]);
    serve(metrics, { seconds: 2 });
    expect((await quantiles())[0]).toEqual([0.5, 1.75]);
    expect(samples(await metrics.render())).toMatchObject({
      'imageregistry_http_request_duration_seconds_count{method="get"}': 2,
      'imageregistry_http_request_duration_seconds_sum{method="get"}': 2.2,
      'imageregistry_http_request_duration_histogram_seconds_count{method="get"}': 2,
    });
  });

  it('gives metrics the types that dashboards of OpenShift know', async () => {
    const text = await small().render();
    for (const [name, type] of [
      ['imageregistry_request_duration_seconds', 'summary'],
      ['imageregistry_request_duration_histogram_seconds', 'histogram'],
      ['imageregistry_http_request_duration_seconds', 'summary'],
      ['imageregistry_http_request_size_bytes', 'summary'],
      ['imageregistry_http_response_size_bytes', 'summary'],
      ['imageregistry_http_response_size_histogram_bytes', 'histogram'],
      ['imageregistry_pullthrough_repository_duration_seconds', 'summary'],
      ['imageregistry_storage_duration_seconds', 'summary'],
      ['registry_storage_action_seconds', 'histogram'],
    ]) {
      expect(text).toContain(`# TYPE ${name} ${type}\n`);
    }
  });

  it("begins with what OpenShift's registry tells, by name, and ends with histograms", async () => {
    const metrics = small();
    serve(metrics);
    metrics.apiCall('GET imagestreams', '200', 0.1);
    const families = [...(await metrics.render()).matchAll(/^# TYPE (\S+) (\S+)$/gm)];
    const names = families.map(([, name]) => name);
    expect(names.slice(0, 5)).toEqual([
      'imageregistry_build_info',
      'imageregistry_digest_cache_requests_total',
      'imageregistry_digest_cache_scoped_requests_total',
      'imageregistry_http_in_flight_requests',
      'imageregistry_http_request_duration_seconds',
    ]);
    const types = families.map(([, , type]) => type);
    expect(new Set(types.slice(types.indexOf('histogram')))).toEqual(new Set(['histogram']));
    expect(names.indexOf('imageregistry_api_requests_total')).toBeGreaterThan(
      names.indexOf('registry_storage_cache_total'),
    );
  });

  it('sums over processes, but not the facts about the build', async () => {
    const parts: unknown[] = [];
    const workers = [small(), small()];
    for (const [index, worker] of workers.entries()) {
      serve(worker, { code: 200 + index });
      serve(worker, { seconds: 1 });
      worker.requestStarted();
      parts.push(JSON.parse(JSON.stringify(await worker.metricsAsJson())));
    }
    expect(samples(await small().renderAggregate(parts))).toMatchObject({
      'imageregistry_http_requests_total{code="200",method="get"}': 3,
      'imageregistry_http_requests_total{code="201",method="get"}': 1,
      imageregistry_http_in_flight_requests: 2,
      'imageregistry_http_request_duration_seconds_count{method="get"}': 4,
      'imageregistry_http_request_duration_histogram_seconds_bucket{le="0.5",method="get"}': 2,
      'imageregistry_http_request_duration_histogram_seconds_bucket{le="+Inf",method="get"}': 4,
      'imageregistry_http_request_duration_seconds{method="get",quantile="0.5"}': 0.0025,
      'imageregistry_http_request_duration_seconds{method="get",quantile="0.99"}': 0.99,
      'imageregistry_build_info{major="1",minor="2",gitCommit="abc",gitVersion="v1.2.3"}': 1,
    });
  });

  it('tells about the process, alone and summed', async () => {
    const metrics = createMetrics();
    const alone = await metrics.render();
    const json: unknown = JSON.parse(JSON.stringify(await metrics.metricsAsJson()));
    const summed = await metrics.renderAggregate([json, json]);
    for (const name of ['process_cpu_seconds_total', 'process_start_time_seconds', 'nodejs_version_info']) {
      expect(alone).toContain(`# TYPE ${name} `);
      expect(summed).toContain(`# TYPE ${name} `);
    }
    expect(summed).not.toMatch(/ (null|NaN|undefined)$/m);
    expect(metrics.contentType).toContain('text/plain');
  });
});
