import { fieldOf, isJsonObject } from './descriptor-reader.js';
import type { JsonObject } from './descriptor-reader.js';
import { ManifestError } from './manifest-error.js';
import { hasMediaTypeShape, MediaType } from './media-types.js';

/**
 * The media type under which stored bytes are served where none was recorded, as in docker-registry's directory. Tolerant,
 * because the bytes were taken by another registry under other rules: the body's own `mediaType`, else what its fields say.
 *
 * @throws {ManifestError} when the bytes are no JSON object, or one that could be anything
 */
export function identifyManifest(raw: Uint8Array): string {
  const body = readLeniently(raw);
  if (fieldOf(body, 'schemaVersion') === 1) {
    return fieldOf(body, 'signatures') === undefined ? MediaType.dockerSchema1 : MediaType.dockerSchema1Signed;
  }
  const written = fieldOf(body, 'mediaType');
  // It becomes a header of the answer: anything but the plain shape is not trusted.
  if (typeof written === 'string' && hasMediaTypeShape(written)) return written;
  const inferred = inferMediaType(body);
  if (inferred !== undefined) return inferred;
  throw new ManifestError('mediaType', 'is missing, and there is neither "config", "layers" nor "manifests"');
}

/** What a body without `mediaType` is: OCI leaves the field optional, Docker's formats always have it. */
export function inferMediaType(body: JsonObject): string | undefined {
  if (fieldOf(body, 'manifests') !== undefined) return MediaType.ociIndex;
  const isImage = fieldOf(body, 'config') !== undefined || fieldOf(body, 'layers') !== undefined;
  return isImage ? MediaType.ociManifest : undefined;
}

function readLeniently(raw: Uint8Array): JsonObject {
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder().decode(raw));
  } catch (cause) {
    throw new ManifestError('body', 'is not JSON', { cause });
  }
  if (!isJsonObject(body)) throw new ManifestError('body', 'is not a JSON object');
  return body;
}
