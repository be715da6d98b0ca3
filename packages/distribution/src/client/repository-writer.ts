import { setMaxListeners } from 'node:events';
import { digestOf, isDigest, isRegistryHost, isRepositoryName, isTag } from '@longshore/oci';
import type { Digest } from '@longshore/oci';
import type { FollowedAnswer } from '../http/redirects.js';
import { RemoteError } from '../remote-error.js';
import { normalizeRepository } from '../repository-name.js';
import type { RepositoryName } from '../repository-name.js';
import { BlobUpload } from './blob-upload.js';
import type { Endpoint } from './endpoint.js';
import { ACCEPTED_MANIFESTS, digestHeader } from './manifest-answer.js';
import { CANCEL_WITHIN_MS, patiently } from './patiently.js';
import type { ApiRequest, RegistryApi } from './registry-api.js';
import type { RepositoryAccess } from './registry-repository.js';
import type { RemoteManifest, Waiting } from './remote-repository.js';
import { uploadLocation } from './upload-location.js';

const CREATED: ReadonlySet<number> = new Set([201]);
const MOUNTED_OR_BEGUN: ReadonlySet<number> = new Set([201, 202]);
const CANCELLED: ReadonlySet<number> = new Set([204, 202, 404]);

/** Of no bytes at all. */
const EMPTY = digestOf(new Uint8Array(0));

/** The writing side of a repository (registry.md 1.2). Everything fails with RemoteError, or with the signal's reason. */
export class RepositoryWriter {
  readonly name: RepositoryName;
  readonly #place: string;

  /** @throws {RemoteError} INVALID for a name that is none */
  constructor(
    name: RepositoryName,
    readonly endpoint: Endpoint,
    readonly api: RegistryApi,
    readonly access: RepositoryAccess,
  ) {
    this.name = normalizeRepository(name);
    this.#place = `${this.name.host}/${this.name.name}`;
    if (!isRegistryHost(this.name.host) || !isRepositoryName(this.name.name)) {
      throw new RemoteError('INVALID', `${JSON.stringify(this.#place.slice(0, 600))} does not name a repository`);
    }
  }

  /** Whether the repository has a blob. */
  async hasBlob(digest: Digest, { signal }: Waiting): Promise<boolean> {
    const request = this.request('HEAD', `/v2/${this.name.name}/blobs/${digest}`, digest, signal);
    return (await this.#headers({ ...request, operation: 'blob' })) !== undefined;
  }

  /** Whether the registry knows the repository: not before something there has a tag. */
  async isKnown({ signal }: Waiting): Promise<boolean> {
    const request = this.request('GET', `/v2/${this.name.name}/tags/list?n=1`, 'tags', signal);
    return (await this.#headers({ ...request, operation: 'tags', subject: this.#place })) !== undefined;
  }

  /** The digest of the manifest under a tag or digest; undefined when there is none, or the registry does not tell. */
  async manifestDigest(reference: string, { signal }: Waiting): Promise<Digest | undefined> {
    const request = this.request('HEAD', `/v2/${this.name.name}/manifests/${reference}`, reference, signal);
    const headers = await this.#headers({ ...request, operation: 'manifest', headers: { accept: ACCEPTED_MANIFESTS } });
    return headers && digestHeader(headers);
  }

  /**
   * Lets the repository have a blob that another one of the registry holds. Undefined when it has it now; where mounts are not
   * possible, the address of an upload that the registry has begun instead.
   */
  async mountBlob(digest: Digest, from: string, { signal }: Waiting): Promise<string | undefined> {
    const query = new URLSearchParams({ mount: digest, from });
    const path = `/v2/${this.name.name}/blobs/uploads/?${query.toString()}`;
    const multipleScopes = this.api.context.options.multipleScopes ?? true;
    const asked = { successes: MOUNTED_OR_BEGUN, ...(multipleScopes && { mountFrom: from }) };
    const { insecure } = this.endpoint;
    const begun = await patiently(signal, (patient) =>
      this.api.request(
        this.endpoint,
        { ...this.request('POST', path, digest, patient), ...asked },
        async ({ answer, url: base }) => {
          await answer.body.dump();
          if (answer.statusCode === 201) return undefined;
          return uploadLocation(answer.headers.location, { base, insecure, subject: this.#place });
        },
      ),
    );
    if (signal.aborted && begun !== undefined) await this.cancelUpload(begun, digest);
    signal.throwIfAborted();
    return begun;
  }

  /** Gives up an upload that has been begun; the registry is told, as far as it listens. */
  async cancelUpload(location: string, digest: Digest): Promise<void> {
    const request = this.request('DELETE', location, digest, AbortSignal.timeout(CANCEL_WITHIN_MS));
    await this.api
      .request(this.endpoint, { ...request, successes: CANCELLED, attempts: 1 }, ({ answer }) => answer.body.dump())
      .catch(() => undefined);
  }

  /** Begins to write a blob of known digest and size. `location` is that of an upload that has been begun already. */
  uploadBlob(
    blob: { digest: Digest; size: number },
    options: Waiting & { chunkBytes: number; location?: string },
  ): BlobUpload {
    return new BlobUpload(this, blob, options);
  }

  /** Finds out whether blobs may be pushed: an upload is begun, and cancelled at once, so nothing is left. */
  async checkPush({ signal }: Waiting): Promise<void> {
    const upload = this.uploadBlob({ digest: EMPTY, size: 0 }, { signal, chunkBytes: 1 });
    try {
      await upload.begin();
    } finally {
      await upload.abort();
    }
  }

  /** Writes a manifest under a tag or its digest. What it refers to must be there. */
  async putManifest(
    { bytes, mediaType, digest }: RemoteManifest,
    reference: string,
    { signal }: Waiting,
  ): Promise<void> {
    if (!isTag(reference) && reference !== digest) {
      throw new RemoteError('INVALID', `${this.#place}: ${JSON.stringify(reference.slice(0, 300))} is not a tag`);
    }
    const path = `/v2/${this.name.name}/manifests/${reference}`;
    const request = this.request('PUT', path, reference, signal);
    const headers = { 'content-type': mediaType };
    await this.api.request(
      this.endpoint,
      { ...request, operation: 'manifest', headers, body: bytes, successes: CREATED },
      async ({ answer }) => {
        await answer.body.dump();
        const stored = digestHeader(answer.headers);
        if (stored === undefined || stored === digest) return;
        throw new RemoteError(
          'DIGEST_MISMATCH',
          `${request.subject}: the registry stored ${stored} instead of ${digest}`,
        );
      },
    );
  }

  /** The headers of what is there; undefined when it is not. */
  async #headers(request: ApiRequest): Promise<FollowedAnswer['answer']['headers'] | undefined> {
    try {
      return await this.api.request(this.endpoint, request, async ({ answer }) => {
        await answer.body.dump();
        return answer.headers;
      });
    } catch (error) {
      if (error instanceof RemoteError && error.code === 'NOT_FOUND') return undefined;
      throw error;
    }
  }

  /** A request that needs the right to push. */
  request(method: ApiRequest['method'], path: string, reference: string, signal: AbortSignal): ApiRequest {
    // Many requests may share a signal; Node warns of eleven.
    setMaxListeners(0, signal);
    const subject = `${this.#place}${isDigest(reference) ? '@' : ':'}${reference}`;
    return {
      repository: this.name,
      ...this.access,
      operation: 'upload',
      method,
      path,
      actions: 'pull,push',
      subject,
      signal,
    };
  }
}
