import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';

const TIMEOUT_MS = 5000;

/**
 * Asks a server whether it is ready: undefined when it is, else what is wrong. `ca`: PEM of who vouches for it; without, only
 * whether it answers is of interest. Errors: the signal's reason.
 */
export async function serverProblem(url: string, ca?: string, signal?: AbortSignal): Promise<string | undefined> {
  try {
    const status = await ask(url, ca, signal);
    return status === 200 ? undefined : `it answers ${status}`;
  } catch (error) {
    signal?.throwIfAborted();
    return (error as NodeJS.ErrnoException).code ?? (error as Error).message;
  }
}

/** The status of the answer. */
function ask(url: string, ca: string | undefined, stop: AbortSignal | undefined): Promise<number> {
  return new Promise((resolve, reject) => {
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    const signal = stop === undefined ? timeout : AbortSignal.any([stop, timeout]);
    const options = { signal, agent: false as const };
    const answered = (response: IncomingMessage) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    };
    const trust = ca === undefined ? { rejectUnauthorized: false } : { ca };
    const request = url.startsWith('https:')
      ? requestHttps(url, { ...options, ...trust }, answered)
      : requestHttp(url, options, answered);
    request.once('error', reject).end();
  });
}
