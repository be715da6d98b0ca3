import { DigestError, isTag, parseDigest, RegistryError, type Digest } from '@longshore/oci';

/** A digest from a path or a query. Errors: DIGEST_INVALID with what is wrong. */
export function digestParameter(text: string): Digest {
  try {
    return parseDigest(text);
  } catch (error) {
    if (error instanceof DigestError) throw new RegistryError('DIGEST_INVALID', { detail: error.reason });
    throw error;
  }
}

/** A tag to be written. Errors: TAG_INVALID. */
export function tagParameter(text: string): string {
  if (isTag(text)) return text;
  throw new RegistryError('TAG_INVALID', {
    detail: {
      tag: text.slice(0, 256),
      expected: '1 to 128 of letters, digits, "_", "." and "-", not beginning with "." or "-"',
    },
  });
}

/** How much of a list is asked for. */
export interface Page {
  /** Undefined: as much as the server gives at once. */
  n: number | undefined;
  /** Names greater than this. */
  last: string;
}

/** Reads `n` and `last`. `max`: a larger `n` is an error. Errors: PAGINATION_NUMBER_INVALID. */
export function pageParameters(query: URLSearchParams, max = Number.MAX_SAFE_INTEGER): Page {
  const text = query.get('n');
  const last = query.get('last') ?? '';
  if (text === null || text === '') return { n: undefined, last };
  if (!/^\d{1,9}$/.test(text) || Number(text) > max) {
    throw new RegistryError('PAGINATION_NUMBER_INVALID', { detail: { n: text.slice(0, 64) } });
  }
  return { n: Number(text), last };
}

/**
 * The Link header that leads to the next page (RFC 8288). Of `location`, the list's own, only the path is told, as
 * distribution does: it holds for every name under which a client may know the registry.
 */
export function nextLink(location: string, query: Record<string, string | number>): string {
  const path = location.replace(/^https?:\/\/[^/]*/, '');
  const parameters = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `<${path}?${parameters.join('&')}>; rel="next"`;
}
