import { setMaxListeners } from 'node:events';
import { isDigest, isRegistryHost, isRepositoryName, isTag, parseMediaType } from '@longshore/oci';
import type { Digest } from '@longshore/oci';
import { readBody } from '../http/read-body.js';
import type { FollowedAnswer } from '../http/redirects.js';
import { RemoteError } from '../remote-error.js';
import { normalizeRepository } from '../repository-name.js';
import type { RepositoryName } from '../repository-name.js';
import { BlobBody } from './blob-body.js';
import type { BlobPart } from './blob-body.js';
import { bodyRange, readLength } from './content-range.js';
import type { Endpoint } from './endpoint.js';
import { ACCEPTED_MANIFESTS, digestHeader, readManifestAnswer } from './manifest-answer.js';
import type { ApiRequest, RegistryApi } from './registry-api.js';
import type { BlobRequest, ManifestRequest, RemoteManifest, RemoteRepository, Waiting } from './remote-repository.js';
import { readTagPage } from './tag-pages.js';

const LARGEST_MANIFEST = 4 * 1024 * 1024;
const LARGEST_TAG_PAGE = 16 * 1024 * 1024;
const TAGS_PER_PAGE = 1000;
const MOST_TAG_PAGES = 10_000;

/** What goes with each request to a repository. */
export type RepositoryAccess = Pick<ApiRequest, 'credentials' | 'registryHeaders'>;

/** A repository of a registry that speaks the OCI distribution API (registry.md 1.2). */
export class RegistryRepository implements RemoteRepository {
  readonly name: RepositoryName;
  readonly #endpoint: Endpoint;
  readonly #api: RegistryApi;
  readonly #access: RepositoryAccess;
  readonly #place: string;

  /** @throws {RemoteError} INVALID for a name that is none */
  constructor(name: RepositoryName, endpoint: Endpoint, api: RegistryApi, access: RepositoryAccess) {
    this.name = normalizeRepository(name);
    this.#place = `${this.name.host}/${this.name.name}`;
    this.#endpoint = endpoint;
    this.#api = api;
    this.#access = access;
    if (!isRegistryHost(this.name.host) || !isRepositoryName(this.name.name)) {
      throw new RemoteError('INVALID', `${JSON.stringify(this.#place.slice(0, 600))} does not name a repository`);
    }
  }

  manifest(reference: string, options: ManifestRequest & { etag: string }): Promise<RemoteManifest | 'not-modified'>;
  manifest(reference: string, options: ManifestRequest & { etag?: undefined }): Promise<RemoteManifest>;
  async manifest(reference: string, options: ManifestRequest): Promise<RemoteManifest | 'not-modified'> {
    const { signal, etag, maxBytes = LARGEST_MANIFEST, verify = true } = options;
    const request = this.#manifestRequest('GET', reference, signal);
    const headers = { ...request.headers, ...(etag !== undefined && { 'if-none-match': etag }) };
    return this.#api.request(this.#endpoint, { ...request, headers }, async ({ answer }) => {
      if (answer.statusCode === 304) {
        await answer.body.dump();
        return 'not-modified';
      }
      const bytes = await readBody(answer.body, maxBytes);
      return readManifestAnswer(bytes, answer.headers, { reference, subject: request.subject, verify });
    });
  }

  async statManifest(
    reference: string,
    { signal }: Waiting,
  ): Promise<{ digest?: Digest; mediaType: string; size?: number }> {
    const request = this.#manifestRequest('HEAD', reference, signal);
    return this.#api.request(this.#endpoint, request, async ({ answer }) => {
      await answer.body.dump();
      const digest = isDigest(reference) ? reference : digestHeader(answer.headers);
      const size = readLength(answer.headers['content-length']);
      const mediaType = parseMediaType(String(answer.headers['content-type'] ?? ''));
      return { mediaType, ...(digest !== undefined && { digest }), ...(size !== undefined && { size }) };
    });
  }

  async blob(
    digest: Digest,
    { signal, start = 0, verify = true }: BlobRequest,
  ): Promise<{ size: number; body: BlobBody }> {
    const first = await this.#openBlob(digest, start, signal);
    const size = first.size ?? (await this.#sizeOf(digest, first, signal));
    const { context } = this.#api;
    const body = new BlobBody({
      digest,
      size,
      start,
      verify,
      first,
      reopen: async (offset, resumed) => {
        const part = await this.#openBlob(digest, offset, resumed);
        if (part.size === undefined || part.size === size) return part;
        part.body.destroy();
        throw this.#invalid(digest, `has ${part.size} bytes now, and had ${size} before the connection broke`);
      },
      bandwidth: context.options.bandwidth?.of(this.name.host),
      attempts: context.attempts,
      clock: context.clock,
      signal,
      subject: this.#subject(digest),
    });
    return { size, body };
  }

  async statBlob(digest: Digest, { signal }: Waiting): Promise<{ size: number }> {
    return this.#api.request(this.#endpoint, this.#blobRequest('HEAD', digest, signal), async ({ answer }) => {
      await answer.body.dump();
      const size = readLength(answer.headers['content-length']);
      if (size === undefined) throw this.#invalid(digest, 'comes without its size');
      return { size };
    });
  }

  async *tags({ signal }: Waiting): AsyncGenerator<string, void, undefined> {
    let path: string | undefined = `/v2/${this.name.name}/tags/list?n=${TAGS_PER_PAGE}`;
    for (let pages = 0; path !== undefined; pages += 1) {
      if (pages >= MOST_TAG_PAGES)
        throw new RemoteError('TOO_LARGE', `${this.#place}: has more than ${pages} pages of tags`);
      const request = this.#request('tags', 'GET', path, this.#place, signal);
      const page = await this.#api.request(this.#endpoint, request, async ({ answer, url }) => {
        const body = await readBody(answer.body, LARGEST_TAG_PAGE);
        const read = readTagPage(body, answer.headers.link, url);
        if (read !== undefined) return read;
        throw new RemoteError('INVALID', `${this.#place}: the registry answers with what is no page of a list of tags`);
      });
      yield* page.tags;
      path = page.next;
    }
  }

  /** Compressed on the way, a body comes without its length. */
  async #sizeOf(digest: Digest, { body }: BlobPart, signal: AbortSignal): Promise<number> {
    try {
      return (await this.statBlob(digest, { signal })).size;
    } catch (error) {
      body.destroy();
      throw error;
    }
  }

  async #openBlob(
    digest: Digest,
    offset: number,
    signal: AbortSignal,
  ): Promise<BlobPart & { size: number | undefined }> {
    const request = this.#blobRequest('GET', digest, signal);
    const headers = { 'accept-encoding': 'identity', ...(offset > 0 && { range: `bytes=${offset}-` }) };
    return this.#api.request(this.#endpoint, { ...request, headers }, async ({ answer, url }: FollowedAnswer) => {
      const range = bodyRange(answer.statusCode, answer.headers);
      if (range !== undefined && range.start <= offset) return { ...range, body: answer.body, host: url.host };
      answer.body.destroy();
      throw this.#invalid(digest, `comes as another part than the one from byte ${offset} on`);
    });
  }

  #manifestRequest(method: 'GET' | 'HEAD', reference: string, signal: AbortSignal): ApiRequest {
    if (!isTag(reference) && !isDigest(reference)) {
      const shown = JSON.stringify(reference.slice(0, 300));
      throw new RemoteError('INVALID', `${this.#place}: ${shown} is neither a tag nor a digest`);
    }
    const path = `/v2/${this.name.name}/manifests/${reference}`;
    const request = this.#request('manifest', method, path, this.#subject(reference), signal);
    return { ...request, headers: { accept: ACCEPTED_MANIFESTS } };
  }

  #blobRequest(method: 'GET' | 'HEAD', digest: Digest, signal: AbortSignal): ApiRequest {
    return this.#request('blob', method, `/v2/${this.name.name}/blobs/${digest}`, this.#subject(digest), signal);
  }

  #request(
    operation: ApiRequest['operation'],
    method: 'GET' | 'HEAD',
    path: string,
    subject: string,
    signal: AbortSignal,
  ): ApiRequest {
    // Many requests may share a signal; Node warns of eleven.
    setMaxListeners(0, signal);
    return { repository: this.name, ...this.#access, operation, method, path, subject, signal };
  }

  #subject(reference: string): string {
    return `${this.#place}${isDigest(reference) ? '@' : ':'}${reference}`;
  }

  #invalid(digest: Digest, words: string): RemoteError {
    return new RemoteError('INVALID', `${this.#subject(digest)}: ${words}`);
  }
}
