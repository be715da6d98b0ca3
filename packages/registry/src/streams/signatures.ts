import { ApiError, hasReason, IMAGE_API_VERSION, type ImageSignature } from '@longshore/kube';
import { RegistryError, type Digest } from '@longshore/oci';
import type { ImageApi } from './image-api.js';

/** A signature as the extension of the HTTP API knows it (registry.md 1.10). */
export interface SignatureDocument {
  schemaVersion: 2;
  /** `<digest>@<name>` */
  name: string;
  type: string;
  /** Base64. */
  content: string;
}

/** The clients' word for the only type, and the API's. */
const ATOMIC = 'atomic';
const ATOMIC_IN_API = 'AtomicImageV1';

/** Signatures of images, which are kept in the API: `skopeo copy --sign-by` and the clients' signature checks use them. */
export class Signatures {
  constructor(private readonly api: Pick<ImageApi, 'findImage' | 'createSignature'>) {}

  /** Errors: MANIFEST_UNKNOWN when there is no such image, UNAVAILABLE. */
  async list(digest: Digest): Promise<SignatureDocument[]> {
    const image = await this.api.findImage(digest);
    if (!image) throw unknownImage(digest);
    return (image.signatures ?? []).map(({ metadata, type, content }) => ({
      schemaVersion: 2,
      name: metadata.name ?? '',
      type: type === ATOMIC_IN_API ? ATOMIC : type,
      content,
    }));
  }

  /** Errors: SIGNATURE_INVALID, SIGNATURE_EXISTS, MANIFEST_UNKNOWN, DENIED, UNAVAILABLE. */
  async add(digest: Digest, body: Buffer): Promise<void> {
    const { name, type, content } = readDocument(body, digest);
    const signature: ImageSignature = {
      apiVersion: IMAGE_API_VERSION,
      kind: 'ImageSignature',
      metadata: { name },
      type: type === ATOMIC ? ATOMIC_IN_API : type,
      content,
    };
    try {
      await this.api.createSignature(signature);
    } catch (error) {
      throw refusal(error, digest);
    }
  }
}

/** Errors: SIGNATURE_INVALID. */
function readDocument(body: Buffer, digest: Digest): SignatureDocument {
  let value: unknown;
  try {
    value = JSON.parse(body.toString());
  } catch (cause) {
    throw invalid('the body is no JSON', cause);
  }
  if (typeof value !== 'object' || value === null) throw invalid('the body is no JSON object');
  const { schemaVersion, name, type, content } = value as Partial<Record<keyof SignatureDocument, unknown>>;
  if (schemaVersion !== 2) throw invalid('schemaVersion must be 2');
  if (typeof name !== 'string' || !name.startsWith(`${digest}@`) || name.length === digest.length + 1) {
    throw invalid(`name must be ${digest}@ and the name of the signature`);
  }
  if (typeof type !== 'string' || type === '') throw invalid('type must be a text such as "atomic"');
  if (typeof content !== 'string' || content === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(content)) {
    throw invalid('content must be base64');
  }
  return { schemaVersion, name, type, content };
}

function invalid(detail: string, cause?: unknown): RegistryError {
  return new RegistryError('SIGNATURE_INVALID', { detail, cause });
}

function unknownImage(digest: Digest): RegistryError {
  return new RegistryError('MANIFEST_UNKNOWN', { detail: { digest } });
}

function refusal(error: unknown, digest: Digest): unknown {
  if (!(error instanceof ApiError)) return error;
  const { message } = error;
  if (hasReason(error, 'AlreadyExists')) return new RegistryError('SIGNATURE_EXISTS', { detail: message });
  if (hasReason(error, 'NotFound')) return unknownImage(digest);
  if (hasReason(error, 'Forbidden')) return new RegistryError('DENIED', { message });
  if (hasReason(error, 'Conflict')) {
    return new RegistryError('UNAVAILABLE', { detail: message, headers: { 'Retry-After': '1' } });
  }
  return invalid(message, error);
}
