import {
  blobOf,
  createManifest,
  locationOf,
  MEDIA_TYPES,
  PushError,
  randomBytesOf,
  RequestError,
  requestTo,
  type GeneratedBlob,
  type GeneratedManifest,
  type HttpResponse,
  type RequestOptions,
  type Target,
} from '@longshore/testkit';
import type { Ledger } from './ledger.js';
import type { Random } from './random.js';

const MIB = 2 ** 20;
const TAGS = 12;

/** An upload whose end the server did not tell. */
export interface OpenUpload {
  repository: string;
  /** Path and query of the session. */
  location: string;
  blob: GeneratedBlob;
}

/** Pushes images into a repository of its own, and notes in the ledger what the server acknowledged. */
export class Pusher {
  /** The upload at which the server was lost last. */
  open: OpenUpload | undefined;
  /** What the server must not answer. */
  readonly refusals: string[] = [];
  #images = 0;

  constructor(
    private readonly target: Target,
    readonly repository: string,
    private readonly ledger: Ledger,
    private readonly random: Random,
    /** One of so many layers has 8 to 32 MiB. */
    private readonly largeEvery: number,
  ) {}

  /** Goes on until `isOver`. The server may vanish at any moment. */
  async run(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      try {
        if (this.random.between(1, 8) === 1) await this.#delete();
        else await this.#push();
      } catch (error) {
        if (error instanceof PushError) this.refusals.push(error.message);
        else if (!(error instanceof RequestError)) throw error;
      }
    }
  }

  async #push(): Promise<void> {
    const image = this.#image();
    for (const blob of image.blobs) await this.#pushBlob(blob);
    const mounted = this.ledger.blobElsewhere(this.repository, this.random);
    if (mounted && this.random.between(1, 3) === 1) await this.#mount(mounted.from, mounted.blob);
    const tag = `t${this.random.between(1, TAGS)}`;
    this.ledger.manifest(this.repository, image, tag, 'either');
    await this.#ask('PUT', `/v2/${this.repository}/manifests/${tag}`, [201], {
      headers: { 'content-type': image.descriptor.mediaType },
      body: image.bytes,
    });
    this.ledger.manifest(this.repository, image, tag, 'there');
  }

  async #delete(): Promise<void> {
    const manifest = this.ledger.someManifest(this.repository, this.random);
    if (!manifest) return;
    this.ledger.deletion(this.repository, manifest, 'either');
    await this.#ask('DELETE', `/v2/${this.repository}/manifests/${manifest.descriptor.digest}`, [202]);
    this.ledger.deletion(this.repository, manifest, 'gone');
  }

  async #mount(from: string, blob: GeneratedBlob['descriptor']): Promise<void> {
    this.ledger.blob(this.repository, { descriptor: blob }, 'either');
    const query = `mount=${blob.digest}&from=${from}`;
    await this.#ask('POST', `/v2/${this.repository}/blobs/uploads/?${query}`, [201]);
    this.ledger.blob(this.repository, { descriptor: blob }, 'there');
  }

  async #pushBlob(blob: GeneratedBlob): Promise<void> {
    const { repository } = this;
    const { digest } = blob.descriptor;
    const uploads = `/v2/${repository}/blobs/uploads/`;
    this.ledger.blob(repository, blob, 'either');
    if (this.random.between(1, 4) === 1) {
      await this.#ask('POST', `${uploads}?digest=${digest}`, [201], octets(blob.bytes));
    } else {
      let location = locationOf(await this.#ask('POST', uploads, [202]));
      this.open = { repository, location, blob };
      const cut = this.random.between(0, blob.bytes.length);
      const first = cut === 1 ? 0 : cut; // see `offsetOf`
      for (const chunk of [blob.bytes.subarray(0, first), blob.bytes.subarray(first)]) {
        location = locationOf(await this.#ask('PATCH', location, [202], octets(chunk)));
        this.open = { repository, location, blob };
      }
      await this.#ask('PUT', `${location}&digest=${digest}`, [201], octets(Buffer.alloc(0)));
      this.open = undefined;
    }
    this.ledger.blob(repository, blob, 'there');
  }

  #image(): GeneratedManifest {
    const name = `${this.repository}/${this.#images++}`;
    const large = this.random.between(1, this.largeEvery) === 1;
    const size = large ? this.random.between(8 * MIB, 32 * MIB) : this.random.between(0, 64 * 1024);
    const config = blobOf(Buffer.from(JSON.stringify({ name })), MEDIA_TYPES.oci.config);
    return createManifest('oci', config, [blobOf(randomBytesOf(name, size), MEDIA_TYPES.oci.layer)]);
  }

  async #ask(method: string, path: string, expected: number[], options: RequestOptions = {}): Promise<HttpResponse> {
    const response = await requestTo(this.target, path, { method, ...options });
    if (!expected.includes(response.status)) throw new PushError(`${method} ${path}`, response);
    return response;
  }
}

function octets(body: Buffer): RequestOptions {
  return { headers: { 'content-type': 'application/octet-stream' }, body };
}

/**
 * Goes on with an upload where the server says that it stands. Resolves with whether it could: a server may refuse, if it
 * does so cleanly. Errors: PushError.
 */
export async function resume(target: Target, { repository, location, blob }: OpenUpload): Promise<boolean> {
  const status = await requestTo(target, location);
  if (status.status === 404) return false;
  if (status.status !== 204) throw new PushError(`GET ${location}`, status);
  const offset = offsetOf(status);
  const path = locationOf(status);
  const rest = blob.bytes.subarray(offset);
  const patched = await requestTo(target, path, { method: 'PATCH', ...octets(rest) });
  if (patched.status === 416) return false;
  if (patched.status !== 202) throw new PushError(`PATCH ${path} at ${offset} of ${blob.bytes.length}`, patched);
  const end = `${locationOf(patched)}&digest=${blob.descriptor.digest}`;
  const put = await requestTo(target, end, { method: 'PUT', ...octets(Buffer.alloc(0)) });
  if (put.status !== 201) throw new PushError(`PUT ${end}`, put);
  const head = await requestTo(target, `/v2/${repository}/blobs/${blob.descriptor.digest}`, { method: 'HEAD' });
  if (head.status !== 200) throw new PushError(`HEAD ${blob.descriptor.digest}`, head);
  return true;
}

/** How many bytes of an upload the server has. `Range: 0-0` stands for none and for one: the spec has no other word. */
export function offsetOf(status: HttpResponse): number {
  const last = Number(/^0-(\d+)$/.exec(status.headers.range ?? '')?.[1] ?? NaN);
  if (Number.isNaN(last)) throw new PushError('the status of an upload has no Range', status);
  return last === 0 ? 0 : last + 1;
}
