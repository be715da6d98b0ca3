import { RegistryError, type Digest } from '@longshore/oci';
import type { FileReader } from '@longshore/storage';
import { smallContent } from '../blobs/small-content.js';
import { leasedLayerLink } from '../layout.js';
import type { Services } from '../services.js';
import { matchesEtag } from './accept.js';
import { blobHeaders, partOf, type Part } from './blob-part.js';
import type { Exchange, RawHeaders } from './exchange.js';
import { digestParameter } from './parameters.js';
import { sendFile } from './send-file.js';
import { deleteUnmodified, unmodifiedSince } from './unmodified-since.js';

export interface BlobRoute {
  repository: string;
  digest: string;
}

/** GET and HEAD of a blob: whole or one range (spec end-2; reference registry 1.3, 1.6). */
export async function readBlob(exchange: Exchange, route: BlobRoute, services: Services): Promise<void> {
  const digest = digestParameter(route.digest);
  const blob = await find(exchange, route.repository, digest, services);
  const headers = blobHeaders(digest);
  if (!blob) return readUpstream(exchange, route.repository, digest, headers, services);
  if (matchesEtag(exchange.header('if-none-match'), digest)) return exchange.send(304, headers);
  const redirect = services.config.storage.redirect.disable
    ? undefined
    : await services.blobs.redirectUrl(blob.content, exchange.method === 'HEAD' ? 'HEAD' : 'GET');
  if (redirect !== undefined) return exchange.send(307, ['Location', redirect, ...headers]);
  const { size, content } = blob;
  const small = await smallContent(content, size, services);
  const part = partOf(exchange, digest, size, headers);
  if (small) return exchange.send(part.status, part.headers, small.subarray(part.start, part.end));
  await sendPart(exchange, part, () => services.blobs.open(content), services);
}

/** What the storage does not have and upstream may have. A HEAD fetches nothing. */
async function readUpstream(
  exchange: Exchange,
  repository: string,
  digest: Digest,
  headers: RawHeaders,
  { upstream, readBuffers }: Services,
): Promise<void> {
  const unknown = new RegistryError('BLOB_UNKNOWN', { detail: { digest } });
  if (exchange.method === 'HEAD') {
    const size = await upstream.statBlob(repository, digest, exchange);
    if (size === undefined) throw unknown;
    const part = partOf(exchange, digest, size, headers);
    return exchange.sendHead(part.status, part.headers, part.end - part.start);
  }
  const reader = await upstream.blob(repository, digest, exchange);
  if (!reader) throw unknown;
  const part = await closeOnError(reader, () => partOf(exchange, digest, reader.size, headers));
  await sendPart(exchange, part, () => Promise.resolve(reader), { readBuffers });
}

async function closeOnError<T>(reader: FileReader, work: () => T): Promise<T> {
  try {
    return work();
  } catch (error) {
    await reader.close();
    throw error;
  }
}

/** A HEAD tells a client that it need not upload the blob: it takes a lease, where this server may write at all. */
function find(exchange: Exchange, repository: string, digest: Digest, { contents, config }: Services) {
  const mayLease = exchange.method === 'HEAD' && !config.storage.maintenance.readonly.enabled;
  return mayLease ? contents.leaseBlob(repository, digest) : contents.blob(repository, digest);
}

async function sendPart(
  exchange: Exchange,
  { status, headers, start, end }: Part,
  open: () => Promise<FileReader>,
  { readBuffers }: Pick<Services, 'readBuffers'>,
): Promise<void> {
  if (exchange.method === 'HEAD') return exchange.sendHead(status, headers, end - start);
  const reader = await open();
  exchange.begin(status, headers, end - start);
  await sendFile(reader, start, end - start, exchange.response, readBuffers);
  exchange.response.end();
}

/** DELETE of a blob: the repository lets go of it; its bytes go with the next collection (spec end-10). */
export async function deleteBlob(exchange: Exchange, route: BlobRoute, { blobs, leases }: Services): Promise<void> {
  const { repository } = route;
  const digest = digestParameter(route.digest);
  const since = unmodifiedSince(exchange);
  const isGone =
    since === undefined
      ? (await blobs.find(repository, digest)) !== undefined && (await blobs.unlink(repository, digest))
      : await deleteUnmodified(leases, leasedLayerLink(repository, digest), since);
  if (!isGone) throw new RegistryError('BLOB_UNKNOWN', { detail: { digest } });
  exchange.send(202);
}
