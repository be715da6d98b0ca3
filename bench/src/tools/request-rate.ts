import { isInstalled } from '../children.js';
import { generate } from '../generators/generate.js';
import type { RequestRate } from '../generators/requests.js';
import type { RunningServer } from '../servers/running-server.js';
import { runWrk } from './wrk.js';

const warmupSeconds = 1;
let hasWrk: Promise<boolean> | undefined;

export interface RateJob {
  method: 'GET' | 'HEAD';
  path: string;
  accept?: string;
  connections: number;
  seconds: number;
}

/**
 * Measures how often per second a server answers one request, after a warm-up of a second. GET is sent by wrk where it is
 * installed; HEAD never is, because wrk waits for a body behind the response's Content-Length.
 */
export async function requestRate(server: RunningServer, job: RateJob): Promise<RequestRate> {
  const { method, path, accept, connections, seconds } = job;
  const headers: Record<string, string> = accept === undefined ? {} : { Accept: accept };
  hasWrk ??= isInstalled('wrk');
  if (method === 'GET' && (await hasWrk)) {
    const all = { ...headers, Authorization: server.target.authorization };
    return runWrk({ url: server.url(path), headers: all, connections, warmupSeconds, seconds });
  }
  const request = { method, path, headers };
  return (await generate('requests', server, { request, connections, warmupSeconds, seconds })).result;
}
