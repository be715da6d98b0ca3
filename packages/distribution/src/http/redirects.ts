import type { Answer, Request, Transport } from './transport.js';

/** A redirect cannot be followed. The message does not hold its address, which may be signed. */
export class RedirectError extends Error {
  override readonly name = 'RedirectError';
  readonly code = 'REDIRECT_REFUSED';
}

/** An answer, and who gave it. */
export interface FollowedAnswer {
  answer: Answer;
  url: URL;
  /** Whether a redirect led to another origin. */
  isElsewhere: boolean;
}

const MOST_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Sends a request and follows the redirects of a GET or HEAD. Another origin (and what follows it) is not sent the headers
 * named in `confined`. From https to http only for an insecure registry. `send` is called for each hop.
 *
 * @throws {RedirectError}
 */
export async function sendFollowing(
  send: Transport['send'],
  request: Request,
  confined: readonly string[],
): Promise<FollowedAnswer> {
  let { url, headers } = request;
  for (let hops = 0; ; hops += 1) {
    const answer = await send({ ...request, url, headers });
    const { location } = answer.headers;
    const isRedirect = REDIRECTS.has(answer.statusCode) && (request.method === 'GET' || request.method === 'HEAD');
    if (!isRedirect || typeof location !== 'string') {
      return { answer, url, isElsewhere: url.origin !== request.url.origin };
    }
    await answer.body.dump();
    if (hops >= MOST_REDIRECTS)
      throw new RedirectError(`more than ${MOST_REDIRECTS} redirects, the last by ${url.host}`);
    const next = readLocation(location, url, request.insecure);
    if (next.origin !== request.url.origin) headers = without(headers, confined);
    url = next;
  }
}

function readLocation(location: string, base: URL, insecure: boolean): URL {
  if (!URL.canParse(location, base.href)) throw new RedirectError(`${base.host} redirects to what is not a URL`);
  const next = new URL(location, base);
  if (next.username !== '' || next.password !== '') throw new RedirectError(`${base.host} redirects with credentials`);
  if (next.protocol === 'https:' || (next.protocol === 'http:' && (base.protocol === 'http:' || insecure))) return next;
  throw new RedirectError(`${base.host} redirects from https to ${next.protocol}//${next.host}, which is not secure`);
}

function without(headers: Record<string, string>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name.toLowerCase())));
}
