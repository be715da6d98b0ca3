import { ApiError, hasReason, type Image } from '@longshore/kube';
import { RegistryError, type Digest, type ParsedManifest } from '@longshore/oci';
import type { Subject } from '../access/access.js';
import type { ReviewedRight } from '../access/cluster.js';
import type { MaybePromise } from '../access/maybe-promise.js';
import { streamName, type ImageApi, type StreamName } from './image-api.js';
import { pushedImage, wantsConfig } from './pushed-image.js';

export interface PublisherParts {
  api: Pick<ImageApi, 'createMapping' | 'createStream' | 'createImage'>;
  /** Whether somebody has a right in the group `image.openshift.io`. Errors: AccessUnavailableError. */
  allows: (subject: Subject, right: ReviewedRight) => MaybePromise<boolean>;
  /** The bytes of a small blob of a repository; undefined when the storage does not have it. */
  readSmall: (repository: string, digest: Digest) => Promise<Uint8Array | undefined>;
  /** `host:port` of the registry as the cluster knows it. */
  address: string;
}

/** A stream may be missing, be deleted again by somebody else, or change at the same time. */
const ATTEMPTS = 4;

/**
 * Tells the API what was pushed (registry.md 3.8). Errors: DENIED with the server's words when a limit or quota stands against it,
 * or there is no stream and the pusher may not create one; MANIFEST_INVALID; UNAVAILABLE.
 */
export class Publisher {
  /** Streams that are being made, for all who push to them meanwhile. */
  readonly #making = new Map<string, Promise<void>>();

  constructor(private readonly parts: PublisherParts) {}

  /** The Image that stands for a manifest. */
  async describe(repository: string, manifest: ParsedManifest, digest: Digest): Promise<Image> {
    const { address, readSmall } = this.parts;
    const wanted = wantsConfig(manifest) ? manifest.config : undefined;
    const config = wanted && (await readSmall(repository, wanted.digest));
    return pushedImage(manifest, digest, config, `${address}/${repository}`);
  }

  /** Points tags of the repository's stream to an image, and makes the stream when there is none; without tags, the Image alone. */
  async publish(repository: string, tags: readonly string[], image: Image, pusher: Subject | undefined): Promise<void> {
    if (tags.length === 0) await this.image(image);
    for (const tag of tags) await this.tag(repository, tag, image, pusher);
  }

  private async tag(repository: string, tag: string, image: Image, pusher: Subject | undefined): Promise<void> {
    const stream = streamName(repository);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.parts.api.createMapping(stream, tag, image, pusher?.name);
      } catch (error) {
        if (attempt === ATTEMPTS || !(hasReason(error, 'NotFound') || hasReason(error, 'Conflict')))
          throw refusal(error);
        if (hasReason(error, 'NotFound')) await this.createStream(stream, pusher);
      }
    }
  }

  private async image(image: Image): Promise<void> {
    try {
      await this.parts.api.createImage(image);
    } catch (error) {
      throw refusal(error);
    }
  }

  /** As the registry, once it is clear that the pusher may: his token never leaves the token endpoint. */
  private async createStream(stream: StreamName, pusher: Subject | undefined): Promise<void> {
    const { namespace, name } = stream;
    const right = { verb: 'create', resource: 'imagestreams', subresource: '', namespace, name: '' };
    if (!pusher || !(await this.parts.allows(pusher, right))) {
      throw new RegistryError('DENIED', {
        message: 'there is no such image stream, and you may not create it',
        detail: { namespace, name, right: 'create imagestreams' },
      });
    }
    const key = `${namespace}/${name}`;
    const making = this.#making.get(key) ?? this.parts.api.createStream(stream).finally(() => this.#making.delete(key));
    this.#making.set(key, making);
    try {
      await making;
    } catch (error) {
      throw refusal(error);
    }
  }
}

/** What a client hears of an answer of the API that is a refusal of what it pushed. */
function refusal(error: unknown): unknown {
  if (!(error instanceof ApiError)) return error;
  const { message, reason, cause } = error;
  switch (reason) {
    case 'Forbidden':
    case 'NotFound': // the namespace
      return new RegistryError('DENIED', { message, detail: { reason }, cause });
    case 'RequestEntityTooLarge':
      return new RegistryError('MANIFEST_INVALID', { status: 413, message, detail: { reason }, cause });
    case 'Conflict':
      return new RegistryError('UNAVAILABLE', {
        message: 'the image stream changes too fast',
        detail: message,
        headers: { 'Retry-After': '1' },
        cause,
      });
    default:
      return new RegistryError('MANIFEST_INVALID', { message, detail: { reason }, cause });
  }
}
