import { digestAlgorithm, digestOf, isDigest, isRepositoryName, parseMediaType, RegistryError } from '@longshore/oci';
import type { Digest, DigestAlgorithm } from '@longshore/oci';
import { repositories } from '../repositories/catalog.js';
import type { Services } from '../services.js';
import type { UploadState } from '../uploads/upload-state.js';
import { parseChunkRange } from './byte-range.js';
import type { Exchange, RawHeaders } from './exchange.js';
import { forgetDenied, withinLimits } from './limited-upload.js';
import { digestParameter } from './parameters.js';

export interface UploadsRoute {
  repository: string;
}

export interface UploadRoute extends UploadsRoute {
  id: string;
}

/** How many repositories a mount without `from` looks through (about 10 ms); then it becomes an ordinary session. */
const MAX_MOUNT_SEARCH = 1000;
/** For how many of them it is asked whether the client may read them: a cluster answers each by a review. */
const MAX_MOUNT_RIGHTS = 16;
const UPLOAD_ID = /^[a-zA-Z0-9][a-zA-Z0-9_.=-]{0,127}$/;

/** POST of an upload: a mount, a whole blob, or the beginning of a session (spec end-4a, 4b, 11). */
export async function startUpload(exchange: Exchange, route: UploadsRoute, services: Services): Promise<void> {
  const { query } = exchange;
  const algorithm = algorithmParameter(query);
  const mount = query.get('mount');
  if (mount !== null && (await mountBlob(exchange, route.repository, digestParameter(mount), services))) return;
  const digest = query.get('digest');
  const { uploads } = services;
  if (digest !== null && mount === null) {
    const wanted = digestParameter(digest);
    if (hasBody(exchange) || wanted === digestOf(new Uint8Array(), digestAlgorithm(wanted))) {
      await withinLimits(exchange, { ...route, offset: 0, digest: wanted }, services, async (allowance) => {
        const id = await uploads.store.create(route.repository);
        await removeOnError(uploads.finish(route.repository, id, body(exchange), 0, wanted, allowance?.admit), () =>
          uploads.discard(route.repository, id),
        );
        allowance?.stored();
      });
      return created(exchange, route.repository, wanted);
    }
  }
  const id = await uploads.store.create(route.repository);
  sendSession(exchange, 202, { ...route, id }, 0, algorithm, services);
}

/** Links a blob of another repository, when the client may read it there. Resolves with whether it has answered. */
async function mountBlob(exchange: Exchange, repository: string, digest: Digest, services: Services): Promise<boolean> {
  const from = exchange.query.get('from');
  const source = from === null || from === '' ? await findReadable(exchange, digest, services) : from;
  if (source === undefined || !isRepositoryName(source)) return false;
  if (!(await mayPull(exchange, source, services))) return false;
  const blob = await services.contents.leaseBlob(source, digest);
  if (!blob) return false;
  await services.blobs.link(repository, blob.content);
  if (blob.content !== digest) await services.blobs.link(repository, digest, blob.content);
  created(exchange, repository, digest);
  return true;
}

/** A repository that holds the blob and that the client may read: the last one that got it, else one of the first ones. */
async function findReadable(exchange: Exchange, digest: Digest, services: Services): Promise<string | undefined> {
  const { blobs } = services;
  if (!(await blobs.exists(digest))) return undefined;
  const isReadable = async (repository: string) =>
    (await blobs.find(repository, digest)) !== undefined && (await mayPull(exchange, repository, services));
  const last = blobs.holder(digest);
  if (last !== undefined && (await isReadable(last))) return last;
  let looked = 0;
  let asked = 0;
  for await (const repository of repositories(services.driver)) {
    if (++looked > MAX_MOUNT_SEARCH || asked > MAX_MOUNT_RIGHTS) return undefined;
    if ((await blobs.find(repository, digest)) === undefined) continue;
    asked++;
    if (await mayPull(exchange, repository, services)) return repository;
  }
  return undefined;
}

async function mayPull(exchange: Exchange, repository: string, { access }: Services): Promise<boolean> {
  const wanted = [{ type: 'repository', name: repository, action: 'pull' }] as const;
  return (await access.authorize(exchange.header('authorization'), wanted)).outcome === 'allow';
}

/** GET of a session: how far it has come (spec end-13). */
export async function uploadStatus(exchange: Exchange, route: UploadRoute, services: Services): Promise<void> {
  const offset = await services.uploads.store.offset(route.repository, uploadId(route));
  if (offset === undefined) throw unknownUpload(route);
  sendSession(exchange, 204, route, offset, algorithmParameter(exchange.query), services);
}

/** PATCH: the next chunk, or a stream of any length (spec end-5). */
export async function appendToUpload(exchange: Exchange, route: UploadRoute, services: Services): Promise<void> {
  const type = parseMediaType(exchange.header('content-type') ?? '');
  if (type !== '' && type !== 'application/octet-stream') {
    throw new RegistryError('BLOB_UPLOAD_INVALID', {
      status: 415,
      message: 'unsupported content type of a blob chunk',
      detail: { found: type.slice(0, 128), expected: 'application/octet-stream' },
    });
  }
  const { offset } = stateOf(exchange, route, services);
  checkChunkRange(exchange, offset);
  const algorithm = algorithmParameter(exchange.query);
  const reached = await forgetDenied(route, services, () =>
    withinLimits(exchange, { ...route, offset }, services, (allowance) =>
      services.uploads.append(route.repository, route.id, body(exchange), offset, algorithm, allowance?.admit),
    ),
  );
  sendSession(exchange, 202, route, reached, algorithm, services);
}

/** PUT: the last chunk or none, and the digest of the whole (spec end-6). */
export async function finishUpload(exchange: Exchange, route: UploadRoute, services: Services): Promise<void> {
  const { offset } = stateOf(exchange, route, services);
  const text = exchange.query.get('digest');
  if (text === null || text === '') throw new RegistryError('DIGEST_INVALID', { detail: 'digest missing' });
  if (!isDigest(text)) throw new RegistryError('DIGEST_INVALID', { detail: 'digest parsing failed' });
  checkChunkRange(exchange, offset);
  await forgetDenied(route, services, () =>
    withinLimits(exchange, { ...route, offset, digest: text }, services, async (allowance) => {
      await services.uploads.finish(route.repository, route.id, body(exchange), offset, text, allowance?.admit);
      allowance?.stored();
    }),
  );
  created(exchange, route.repository, text);
}

/** DELETE of a session (spec end-14). */
export async function cancelUpload(exchange: Exchange, route: UploadRoute, services: Services): Promise<void> {
  await services.uploads.cancel(route.repository, uploadId(route));
  exchange.send(204);
}

function sendSession(
  exchange: Exchange,
  status: 202 | 204,
  route: UploadRoute,
  offset: number,
  algorithm: DigestAlgorithm,
  { uploadStates }: Services,
): void {
  const state = uploadStates.seal({ ...route, offset });
  const extra = algorithm === 'sha256' ? '' : `digest-algorithm=${algorithm}&`;
  const headers: RawHeaders = [
    'Location',
    exchange.location(`/v2/${route.repository}/blobs/uploads/${route.id}?${extra}_state=${state}`),
    'Range',
    `0-${Math.max(0, offset - 1)}`,
    'Docker-Upload-UUID',
    route.id,
  ];
  exchange.send(status, headers);
}

function created(exchange: Exchange, repository: string, digest: Digest): void {
  const location = exchange.location(`/v2/${repository}/blobs/${digest}`);
  exchange.send(201, ['Location', location, 'Docker-Content-Digest', digest]);
}

function stateOf(exchange: Exchange, route: UploadRoute, { uploadStates }: Services): UploadState {
  const state = uploadStates.open(exchange.query.get('_state') ?? '', route.repository, uploadId(route));
  if (!state) throw new RegistryError('BLOB_UPLOAD_INVALID', { detail: 'the upload state is missing or not ours' });
  return state;
}

/** Errors: SIZE_INVALID when the declared range and the body differ in length; RANGE_INVALID when it does not go on. */
function checkChunkRange(exchange: Exchange, offset: number): void {
  const header = exchange.header('content-range');
  if (header === undefined) return;
  const range = parseChunkRange(header);
  if (!range)
    throw new RegistryError('RANGE_INVALID', { detail: { found: header.slice(0, 64), expected: '<start>-<end>' } });
  const length = exchange.header('content-length');
  if (length !== undefined && Number(length) !== range.length) {
    throw new RegistryError('SIZE_INVALID', { detail: { range: range.length, length: Number(length) } });
  }
  if (range.start !== offset) throw new RegistryError('RANGE_INVALID', { detail: { offset, requested: range.start } });
}

function algorithmParameter(query: URLSearchParams): DigestAlgorithm {
  const text = query.get('digest-algorithm') ?? 'sha256';
  if (text === 'sha256' || text === 'sha512') return text;
  throw new RegistryError('DIGEST_INVALID', { detail: 'unsupported digest algorithm' });
}

function uploadId(route: UploadRoute): string {
  if (!UPLOAD_ID.test(route.id)) throw unknownUpload(route);
  return route.id;
}

function unknownUpload(route: UploadRoute): RegistryError {
  return new RegistryError('BLOB_UPLOAD_UNKNOWN', { detail: { uuid: route.id.slice(0, 128) } });
}

function hasBody({ request }: Exchange): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
}

/** The request's body. A client that waits for leave to send it (RFC 9110, 10.1.1) gets it only now. */
function body(exchange: Exchange) {
  if (exchange.header('expect')?.toLowerCase() === '100-continue') exchange.response.writeContinue();
  return exchange.request;
}

async function removeOnError<T>(work: Promise<T>, remove: () => Promise<unknown>): Promise<T> {
  return work.catch(async (error: unknown) => {
    await remove();
    throw error;
  });
}
