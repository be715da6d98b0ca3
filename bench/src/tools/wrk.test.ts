import { describe, expect, it } from 'vitest';
import { parseWrk } from './wrk.js';

const report = (p99: string, extra = '') => `Running 3s test @ http://127.0.0.1:5000/
  1 threads and 32 connections
  Latency Distribution
     50%    1.30ms
     99%    ${p99}
  73000 requests in 3.00s, 100.00MB read
${extra}Requests/sec:  24374.51
Transfer/sec:     33.33MB
`;

describe('parseWrk', () => {
  it.each([
    ['980.00us', 0.98],
    ['4.60ms', 4.6],
    ['1.25s', 1250],
    ['1.50m', 90_000],
  ])('reads a p99 of %s', (text, milliseconds) =>
    expect(parseWrk(report(text))).toEqual({ perSecond: 24374.51, p99Milliseconds: milliseconds }),
  );

  it.each(['  Non-2xx or 3xx responses: 12\n', '  Socket errors: connect 0, read 1, write 0, timeout 0\n'])(
    'refuses a run with failures: %s',
    (line) => expect(() => parseWrk(report('1.00ms', line))).toThrow(line.trim()),
  );

  it('refuses a run without requests', () => expect(() => parseWrk('Requests/sec:      0.00\n')).toThrow('no request'));
});
