import { describe, expect, it } from 'vitest';
import { AccessLog, formatDuration } from './access-log.js';
import type { AccessRecord } from './access-log.js';
import { createLogger } from './logger.js';
import type { LogLevel } from './log-format.js';

const served: AccessRecord = {
  host: 'registry.svc:5000',
  id: '8a2c',
  method: 'GET',
  remoteAddress: '10.0.0.7:41000',
  uri: '/v2/ns/app/blobs/uploads/1?_state=secret',
  userAgent: 'skopeo/1.20',
  contentType: undefined,
  status: 206,
  written: 10,
  seconds: 0.048967841,
  responseContentType: 'application/octet-stream',
  user: 'developer',
  name: 'ns/app',
  digest: 'sha256:ab',
};

function linesFor(record: AccessRecord, level: LogLevel = 'info', options = {}): string[] {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line), flush: () => Promise.resolve() };
  new AccessLog(createLogger({ level, destination, now: () => 0 }), options).write(record);
  return lines;
}

describe('AccessLog', () => {
  it('writes one line with what is known of the request', () => {
    expect(linesFor(served)).toEqual([
      'time="1970-01-01T00:00:00.000Z" level=info msg="response completed" auth.user=developer ' +
        'http.request.host="registry.svc:5000" http.request.id=8a2c http.request.method=GET ' +
        'http.request.remoteaddr="10.0.0.7:41000" http.request.uri="/v2/ns/app/blobs/uploads/1?_state=***" ' +
        'http.request.useragent=skopeo/1.20 http.response.contenttype=application/octet-stream ' +
        'http.response.duration=48.968ms http.response.status=206 http.response.written=10 vars.digest="sha256:ab" ' +
        'vars.name=ns/app\n',
    ]);
  });

  it('names the users of a cluster as OpenShift does (registry.md 7.3)', () => {
    const [line] = linesFor({ ...served, userId: '7f1e' }, 'info', { inCluster: true });
    expect(line).toContain(' openshift.auth.user=developer openshift.auth.userid=7f1e ');
    expect(line).not.toMatch(/ auth\./);
  });

  it.each<[Partial<AccessRecord>, string, number]>([
    [{ status: 404 }, 'level=info msg="response completed" ', 404],
    [{ status: 500 }, 'level=error msg="response completed with error" ', 500],
    [{ status: 503 }, 'level=error msg="response completed with error" ', 503],
    [{ status: 200, aborted: true }, 'level=info msg="response completed" ', 499],
    [{ status: 500, aborted: true }, 'level=info msg="response completed" ', 499],
  ])('%o', (change, head, status) => {
    const [line = ''] = linesFor({ ...served, ...change });
    expect(line).toContain(head);
    expect(line).toContain(` http.response.status=${status} `);
  });

  it('tells the error', () => {
    const error = { code: 'MANIFEST_UNKNOWN', message: 'manifest unknown to registry', detail: { tag: 'v1' } };
    const [line = ''] = linesFor({ ...served, status: 404, error });
    expect(line).toContain(
      'err.code="manifest unknown" err.detail="{\\"tag\\":\\"v1\\"}" err.message="manifest unknown to registry"',
    );
  });

  it('keeps failures when only errors are logged', () => {
    expect(linesFor(served, 'error').length).toBe(0);
    expect(linesFor({ ...served, status: 500 }, 'error').length).toBe(1);
  });

  it('writes nothing when it is disabled', () => {
    expect(linesFor({ ...served, status: 500 }, 'debug', { disabled: true })).toEqual([]);
  });
});

describe('formatDuration', () => {
  it.each([
    [0, '0ms'],
    [0.000042, '0.042ms'],
    [0.0489678, '48.968ms'],
    [1, '1s'],
    [75.12345, '75.123s'],
  ])('%d -> %s', (seconds, expected) => {
    expect(formatDuration(seconds)).toBe(expected);
  });
});
