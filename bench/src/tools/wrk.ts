import { runCommand } from '../children.js';
import type { RequestRate } from '../generators/requests.js';

export interface WrkJob {
  url: string;
  headers: Record<string, string>;
  connections: number;
  warmupSeconds: number;
  seconds: number;
}

export class WrkError extends Error {
  readonly code = 'WRK_FAILED';
}

/** Measures a rate of GET requests with wrk. Errors: WRK_FAILED when a request failed. */
export async function runWrk(job: WrkJob): Promise<RequestRate> {
  const headers = Object.entries(job.headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);
  const load = ['-t1', `-c${job.connections}`, '--timeout', '60s', '--latency', ...headers];
  await runCommand('wrk', [...load, `-d${job.warmupSeconds}s`, job.url]);
  return parseWrk(await runCommand('wrk', [...load, `-d${job.seconds}s`, job.url]));
}

const milliseconds = { us: 0.001, ms: 1, s: 1000, m: 60_000 };

/** Reads wrk's report. Errors: WRK_FAILED for one that tells of failed requests. */
export function parseWrk(report: string): RequestRate {
  const failures = /^\s*(Non-2xx or 3xx responses|Socket errors):.*$/m.exec(report);
  if (failures !== null) throw new WrkError(`wrk: ${failures[0].trim()}`);
  const rate = /^Requests\/sec:\s+([\d.]+)$/m.exec(report)?.[1];
  const [, p99, unit] = /^\s+99%\s+([\d.]+)(us|ms|s|m)\s*$/m.exec(report) ?? [];
  if (rate === undefined || p99 === undefined || Number(rate) === 0) throw new WrkError('wrk counted no request');
  return {
    perSecond: Number(rate),
    p99Milliseconds: Number(p99) * milliseconds[unit as keyof typeof milliseconds],
  };
}
