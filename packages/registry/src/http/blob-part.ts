import { RegistryError, type Digest } from '@longshore/oci';
import { matchesEtag } from './accept.js';
import { parseRange } from './byte-range.js';
import type { Exchange, RawHeaders } from './exchange.js';

/** What is said of a blob, whole or in part. */
export function blobHeaders(digest: Digest): RawHeaders {
  return [
    'Docker-Content-Digest',
    digest,
    'Etag',
    `"${digest}"`,
    'Cache-Control',
    'max-age=31536000',
    'Accept-Ranges',
    'bytes',
  ];
}

/** Which part of a blob is asked for, and how the answer begins. */
export interface Part {
  status: 200 | 206;
  headers: RawHeaders;
  start: number;
  end: number;
}

/** Reads Range and If-Range. Errors: RANGE_INVALID. */
export function partOf(exchange: Exchange, digest: Digest, size: number, headers: RawHeaders): Part {
  const range = parseRange(wantedRange(exchange, digest), size);
  if (range === 'unsatisfiable') {
    throw new RegistryError('RANGE_INVALID', { detail: { size }, headers: { 'Content-Range': `bytes */${size}` } });
  }
  const all = ['Content-Type', 'application/octet-stream', ...headers];
  if (range === 'whole') return { status: 200, headers: all, start: 0, end: size };
  const { start, end } = range;
  return { status: 206, headers: [...all, 'Content-Range', `bytes ${start}-${end - 1}/${size}`], start, end };
}

/** Ranges are of GET; with other methods the header counts for nothing (RFC 9110, 14.2). */
function wantedRange(exchange: Exchange, digest: Digest): string | undefined {
  if (exchange.method !== 'GET') return undefined;
  const ifRange = exchange.header('if-range');
  return ifRange === undefined || matchesEtag(ifRange, digest) ? exchange.header('range') : undefined;
}
