import { Readable } from 'node:stream';
import { digestOf, locationOf, startUpload, type HttpResponse, type Target } from '@longshore/testkit';
import { OCTETS, patch, post, put } from './requests.js';

export type Algorithm = 'sha256' | 'sha512';

/** A body whose length is not announced (`Transfer-Encoding: chunked`). */
export const streamOf = (bytes: Uint8Array) => Readable.from([bytes]);

const uploadsPath = (repository: string) => `/v2/${repository}/blobs/uploads/`;

/** Sends `bytes[start, end)` with the Content-Range of a chunk. */
export function sendChunk(target: Target, session: string, bytes: Buffer, [start, end]: [number, number]) {
  return patch(target, session, bytes.subarray(start, end), { 'content-range': `${start}-${end - 1}` });
}

/** Sends `bytes[start, end)` as the last chunk, with the request that closes the session. */
export function closeWithChunk(
  target: Target,
  session: string,
  bytes: Buffer,
  [start, end]: [number, number],
  digest: string,
): Promise<HttpResponse> {
  const path = withDigest(session, digest);
  return put(target, path, bytes.subarray(start, end), { ...OCTETS, 'content-range': `${start}-${end - 1}` });
}

/** Closes a session without further bytes. */
export const close = (target: Target, session: string, digest: string) =>
  put(target, withDigest(session, digest), undefined, { 'content-length': '0' });

/** The path of a session with the digest of the whole added. */
export function withDigest(session: string, digest: string): string {
  return `${session}${session.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`;
}

/** Where the first two of three chunks of about the same size end. */
export function thirds(size: number): [number, number] {
  return [Math.ceil(size / 3), Math.ceil((2 * size) / 3)];
}

async function inChunks(target: Target, repository: string, bytes: Buffer, ends: number[]): Promise<string> {
  let session = await startUpload(target, repository);
  let start = 0;
  for (const end of ends) {
    session = locationOf(await sendChunk(target, session, bytes, [start, end]));
    start = end;
  }
  return session;
}

/** Uploads a blob and returns the answer to the closing request. */
export type Upload = (target: Target, repository: string, bytes: Buffer, digest: string) => Promise<HttpResponse>;

/** Every way to upload a blob that the specification knows. */
export const UPLOADS: [way: string, upload: Upload][] = [
  ['POST alone', (target, repository, bytes, digest) => postWhole(target, repository, bytes, digest)],
  [
    'POST alone, length unknown',
    (target, repository, bytes, digest) => postWhole(target, repository, streamOf(bytes), digest),
  ],
  [
    'POST, PUT',
    async (target, repository, bytes, digest) =>
      put(target, withDigest(await startUpload(target, repository), digest), bytes, OCTETS),
  ],
  [
    'POST, PUT, length unknown',
    async (target, repository, bytes, digest) =>
      put(target, withDigest(await startUpload(target, repository), digest), streamOf(bytes), OCTETS),
  ],
  [
    'POST, PATCH of unknown length, PUT',
    async (target, repository, bytes, digest) => {
      const session = await startUpload(target, repository);
      return close(target, locationOf(await patch(target, session, streamOf(bytes))), digest);
    },
  ],
  [
    'POST, PATCH of unknown length, PUT with the rest',
    async (target, repository, bytes, digest) => {
      const [middle] = thirds(bytes.length);
      const session = await startUpload(target, repository);
      const next = locationOf(await patch(target, session, streamOf(bytes.subarray(0, middle))));
      return put(target, withDigest(next, digest), streamOf(bytes.subarray(middle)), OCTETS);
    },
  ],
];

/** The ways that announce the place of each chunk, which an empty blob has none of. */
export const CHUNKED_UPLOADS: [way: string, upload: Upload][] = [
  [
    'one chunk',
    async (target, repository, bytes, digest) =>
      close(target, await inChunks(target, repository, bytes, [bytes.length]), digest),
  ],
  [
    'three chunks',
    async (target, repository, bytes, digest) => {
      const ends = [...thirds(bytes.length), bytes.length];
      return close(target, await inChunks(target, repository, bytes, ends), digest);
    },
  ],
  [
    'three chunks, the last with PUT',
    async (target, repository, bytes, digest) => {
      const [first, second] = thirds(bytes.length);
      const session = await inChunks(target, repository, bytes, [first, second]);
      return closeWithChunk(target, session, bytes, [second, bytes.length], digest);
    },
  ],
  [
    'one chunk, announced as sha512 or sha256',
    async (target, repository, bytes, digest) => {
      const [algorithm = ''] = digest.split(':');
      const started = await post(target, `${uploadsPath(repository)}?digest-algorithm=${algorithm}`);
      const sent = await sendChunk(target, locationOf(started), bytes, [0, bytes.length]);
      return close(target, locationOf(sent), digest);
    },
  ],
];

/** POST of a whole blob. */
export function postWhole(target: Target, repository: string, body: Buffer | Readable, digest: string) {
  return post(target, `${uploadsPath(repository)}?digest=${encodeURIComponent(digest)}`, body, OCTETS);
}

/** Uploads a blob in the shortest way; throws when the registry does not take it. */
export async function upload(target: Target, repository: string, bytes: Buffer, algorithm: Algorithm = 'sha256') {
  const digest = digestOf(bytes, algorithm);
  const response = await postWhole(target, repository, bytes, digest);
  if (response.status !== 201) throw new Error(`upload of ${digest}: ${response.status} ${response.body.toString()}`);
  return digest;
}
