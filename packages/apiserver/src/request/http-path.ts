import type { IncomingMessage, ServerResponse } from 'node:http';
import type { UserInfo } from '../access/access.js';

/** A path beside the API that the assembly answers: `/metrics`, `/.well-known/…`, `/oauth/…`. */
export interface HttpPath {
  /** The very path; with a slash at its end, all below it too. */
  path: string;
  /** Answered before anybody is asked who he is, as where one logs in. Default: authorized as a path outside the resources. */
  isPublic?: boolean;
  handle(request: IncomingMessage, response: ServerResponse, context: HttpPathContext): Promise<void> | void;
}

export interface HttpPathContext {
  /** Anonymous on public paths. */
  user: UserInfo;
  path: string;
  query: URLSearchParams;
  signal: AbortSignal;
}

/** The first of the paths that answers; undefined when none does. */
export function httpPathFor(paths: readonly HttpPath[], path: string): HttpPath | undefined {
  return paths.find((candidate) =>
    candidate.path.endsWith('/') ? `${path}/`.startsWith(candidate.path) : candidate.path === path,
  );
}
