import { RegistryError, type Digest } from '@longshore/oci';
import type { HeldBlob } from '../blobs/blob-store.js';
import type { Services } from '../services.js';
import { matchesEtag } from './accept.js';
import { parseRange } from './byte-range.js';
import type { Exchange, RawHeaders } from './exchange.js';
import { digestParameter } from './parameters.js';
import { sendFile } from './send-file.js';

export interface BlobRoute {
  repository: string;
  digest: string;
}

/** GET and HEAD of a blob: whole or one range (spec end-2; reference registry 1.3, 1.6). */
export async function readBlob(exchange: Exchange, route: BlobRoute, services: Services): Promise<void> {
  const digest = digestParameter(route.digest);
  const blob = await find(exchange, route.repository, digest, services);
  if (!blob) throw new RegistryError('BLOB_UNKNOWN', { detail: { digest } });
  const headers = blobHeaders(digest);
  if (matchesEtag(exchange.header('if-none-match'), digest)) return exchange.send(304, headers);
  const redirect = services.config.storage.redirect.disable
    ? undefined
    : await services.blobs.redirectUrl(blob.content, exchange.method === 'HEAD' ? 'HEAD' : 'GET');
  if (redirect !== undefined) return exchange.send(307, ['Location', redirect, ...headers]);
  await sendBlob(exchange, digest, blob, headers, services);
}

/** A HEAD tells a client that it need not upload the blob: it takes a lease, where this server may write at all. */
function find(exchange: Exchange, repository: string, digest: Digest, { blobs, config }: Services) {
  const mayLease = exchange.method === 'HEAD' && !config.storage.maintenance.readonly.enabled;
  return mayLease ? blobs.lease(repository, digest) : blobs.find(repository, digest);
}

function blobHeaders(digest: Digest): RawHeaders {
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

async function sendBlob(exchange: Exchange, digest: Digest, blob: HeldBlob, headers: RawHeaders, services: Services) {
  const { size, content } = blob;
  const ifRange = exchange.header('if-range');
  const wanted = ifRange === undefined || matchesEtag(ifRange, digest) ? exchange.header('range') : undefined;
  const range = parseRange(wanted, size);
  if (range === 'unsatisfiable') {
    throw new RegistryError('RANGE_INVALID', { detail: { size }, headers: { 'Content-Range': `bytes */${size}` } });
  }
  const [start, end] = range === 'whole' ? [0, size] : [range.start, range.end];
  const status = range === 'whole' ? 200 : 206;
  const all = ['Content-Type', 'application/octet-stream', ...headers];
  if (range !== 'whole') all.push('Content-Range', `bytes ${start}-${end - 1}/${size}`);
  const small = await smallContent(content, size, services);
  if (small) return exchange.send(status, all, small.subarray(start, end));
  if (exchange.method === 'HEAD') return exchange.sendHead(status, all, end - start);
  const reader = await services.blobs.open(content);
  exchange.begin(status, all, end - start);
  await sendFile(reader, start, end - start, exchange.response, services.readBuffers);
  exchange.response.end();
}

/** Small blobs (configs, mostly) are held in memory. */
async function smallContent(content: Digest, size: number, { blobs, cache }: Services): Promise<Buffer | undefined> {
  if (size > cache.entryBytes) return undefined;
  const known = cache.get(content);
  if (known) return known.bytes;
  const reader = await blobs.open(content);
  try {
    const bytes = Buffer.alloc(reader.size);
    for (let position = 0; position < bytes.length;) {
      const length = await reader.read(bytes.subarray(position), position);
      if (length === 0) return undefined;
      position += length;
    }
    cache.set(content, { bytes });
    return bytes;
  } finally {
    await reader.close();
  }
}

/** DELETE of a blob: the repository lets go of it; its bytes go with the next collection (spec end-10). */
export async function deleteBlob(exchange: Exchange, route: BlobRoute, { blobs }: Services): Promise<void> {
  const digest = digestParameter(route.digest);
  if (!(await blobs.find(route.repository, digest)) || !(await blobs.unlink(route.repository, digest))) {
    throw new RegistryError('BLOB_UNKNOWN', { detail: { digest } });
  }
  exchange.send(202);
}
