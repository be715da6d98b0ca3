import { badRequest, parseTime } from '@longshore/kube';

/** `PodLogOptions` of the core API. */
export interface LogOptions {
  container?: string;
  follow: boolean;
  previous: boolean;
  timestamps: boolean;
  /** Only lines of this time and later; milliseconds since 1970. */
  since?: number;
  tailLines?: number;
  limitBytes?: number;
}

/** Reads the query of a request for a log. Errors: ApiError `BadRequest`. */
export function parseLogOptions(query: URLSearchParams, now: number): LogOptions {
  const [sinceSeconds, sinceTime] = [wholeNumber(query, 'sinceSeconds', 1), query.get('sinceTime') || undefined];
  if (sinceSeconds !== undefined && sinceTime !== undefined) {
    throw badRequest('at most one of `sinceTime` or `sinceSeconds` may be specified');
  }
  const time = sinceTime === undefined ? undefined : parseTime(sinceTime)?.getTime();
  if (sinceTime !== undefined && time === undefined) throw badRequest(`sinceTime: ${sinceTime} is no RFC 3339 time`);
  const since = sinceSeconds === undefined ? time : now - sinceSeconds * 1000;
  const [tailLines, limitBytes] = [wholeNumber(query, 'tailLines', 0), wholeNumber(query, 'limitBytes', 1)];
  const container = query.get('container') || undefined;
  return {
    follow: flag(query, 'follow'),
    previous: flag(query, 'previous'),
    timestamps: flag(query, 'timestamps'),
    ...(container !== undefined && { container }),
    ...(since !== undefined && { since }),
    ...(tailLines !== undefined && { tailLines }),
    ...(limitBytes !== undefined && { limitBytes }),
  };
}

function flag(query: URLSearchParams, name: string): boolean {
  const text = query.get(name) ?? 'false';
  if (['true', '1', ''].includes(text)) return query.has(name);
  if (text === 'false' || text === '0') return false;
  throw badRequest(`${name}: ${text} is neither true nor false`);
}

function wholeNumber(query: URLSearchParams, name: string, least: number): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const number = /^\d{1,15}$/.test(text) ? Number(text) : -1;
  if (number < least) throw badRequest(`${name}: ${text} must be a whole number, at least ${least}`);
  return number;
}
