import { RegistryError } from '@longshore/oci';
import { matchesEtag } from '../http/accept.js';
import { blobHeaders, partOf } from '../http/blob-part.js';
import type { Exchange } from '../http/exchange.js';
import { digestParameter, nextLink, pageParameters } from '../http/parameters.js';
import type { Route } from '../http/route.js';
import { TransferBroken, writeChunk } from '../http/send-file.js';
import type { FolderRepository, FolderImages } from './folder-images.js';

/** Answers a GET or HEAD of what is in a folder of images. Errors: RegistryError, CopyError, TransferBroken. */
export async function answer(exchange: Exchange, route: Route | undefined, images: FolderImages): Promise<void> {
  switch (route?.kind) {
    case 'base':
    case 'liveness':
    case 'readiness':
      return exchange.sendJson(200, {});
    case 'manifest':
      return sendManifest(exchange, images.at(route.repository), route.reference);
    case 'blob':
      return sendBlob(exchange, images.at(route.repository), route.digest);
    case 'tags':
      return sendTags(exchange, images.at(route.repository), route.repository);
    case 'catalog':
      return sendPage(exchange, '/v2/_catalog', await images.repositories(), (repositories) => ({ repositories }));
    default:
      // Also for referrers: clients then look for the tag that stands for them.
      throw new RegistryError('UNSUPPORTED', { status: 404, message: 'there is no such resource' });
  }
}

async function sendManifest(exchange: Exchange, repository: FolderRepository, reference: string): Promise<void> {
  const wanted = reference.includes(':') ? digestParameter(reference) : reference;
  const { bytes, mediaType, digest } = await repository.manifest(wanted);
  const headers = ['Docker-Content-Digest', digest, 'Etag', `"${digest}"`];
  if (matchesEtag(exchange.header('if-none-match'), digest)) return exchange.send(304, headers);
  exchange.send(200, ['Content-Type', mediaType, ...headers], Buffer.from(bytes));
}

async function sendBlob(exchange: Exchange, repository: FolderRepository, reference: string): Promise<void> {
  const digest = digestParameter(reference);
  const size = await repository.blobSize(digest);
  if (size === undefined) throw new RegistryError('BLOB_UNKNOWN', { detail: { digest } });
  const headers = blobHeaders(digest);
  if (matchesEtag(exchange.header('if-none-match'), digest)) return exchange.send(304, headers);
  const part = partOf(exchange, digest, size, headers);
  const bytes = part.end - part.start;
  if (exchange.method === 'HEAD') return exchange.sendHead(part.status, part.headers, bytes);
  const chunks = await repository.openBlob({ digest, size }, part.start);
  exchange.begin(part.status, part.headers, bytes);
  await sendChunks(exchange, chunks, bytes);
}

/** Sends a number of bytes; each chunk is given back to the reader only when it was taken. Errors: TransferBroken. */
async function sendChunks({ response }: Exchange, chunks: AsyncIterable<Uint8Array>, bytes: number): Promise<void> {
  let left = bytes;
  for await (const chunk of chunks) {
    const taken = chunk.subarray(0, left);
    left -= taken.byteLength;
    await writeChunk(response, taken);
    if (left === 0) break;
  }
  if (left > 0) throw new TransferBroken('the file is shorter than its size');
  response.end();
}

async function sendTags(exchange: Exchange, repository: FolderRepository, name: string): Promise<void> {
  const tags = new Set<string>();
  for await (const tag of repository.tags()) tags.add(tag);
  if (tags.size === 0) throw new RegistryError('NAME_UNKNOWN', { detail: { name } });
  sendPage(exchange, `/v2/${name}/tags/list`, [...tags].sort(), (page) => ({ name, tags: page }));
}

function sendPage(exchange: Exchange, path: string, names: readonly string[], body: (page: string[]) => object): void {
  const { n = names.length, last } = pageParameters(exchange.query);
  const rest = names.filter((name) => name > last);
  const page = rest.slice(0, n);
  const end = page.at(-1);
  const more = end !== undefined && page.length < rest.length;
  exchange.sendJson(200, body(page), more ? ['Link', nextLink(path, { last: end, n })] : []);
}
