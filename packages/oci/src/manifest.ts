import type { Descriptor } from './descriptor.js';
import { fieldOf, isJsonObject, kindOf, readAnnotations, readDescriptor } from './descriptor-reader.js';
import { readDescriptors, readText } from './descriptor-reader.js';
import type { JsonObject } from './descriptor-reader.js';
import { ManifestError } from './manifest-error.js';
import { inferMediaType } from './manifest-identity.js';
import { isIndexMediaType, isManifestMediaType, isNonDistributable, isSchema1MediaType } from './media-types.js';
import { MediaType, parseMediaType } from './media-types.js';
import { quote } from './quote.js';
import { parseStrictJson, StrictJsonError } from './strict-json.js';

/** A checked manifest. The digest is over `raw`, which is stored and served as it came. */
export interface ParsedManifest {
  mediaType: string;
  kind: 'image' | 'index';
  schema: 'docker' | 'oci';
  /** The manifest's own field; `referrerArtifactType` gives what the referrers list shows. */
  artifactType?: string;
  /** Images have one, indexes have none. */
  config?: Descriptor;
  /** Empty for an index. */
  layers: Descriptor[];
  /** Empty for an image. */
  manifests: Descriptor[];
  subject?: Descriptor;
  annotations?: Record<string, string>;
  raw: Uint8Array;
}

/**
 * Reads a manifest that somebody pushes (reference registry 1.7): an image or an index, of Docker's or OCI's kind.
 * Fields that we do not know are left alone. The caller bounds the size.
 *
 * @param contentType the request's header with or without parameters; undefined when there was none
 * @throws {ManifestError}
 */
export function parseManifest(raw: Uint8Array, contentType?: string): ParsedManifest {
  const body = readBody(raw);
  const mediaType = decideMediaType(body, parseMediaType(contentType ?? ''));
  const artifactType = readText(fieldOf(body, 'artifactType'), 'artifactType');
  const subject = fieldOf(body, 'subject');
  const annotations = readAnnotations(fieldOf(body, 'annotations'), 'annotations');
  return {
    mediaType,
    schema: mediaType === MediaType.ociManifest || mediaType === MediaType.ociIndex ? 'oci' : 'docker',
    ...(isIndexMediaType(mediaType) ? readIndex(body) : readImage(body)),
    // Go encoders write an empty string for "not set".
    ...(artifactType !== undefined && artifactType !== '' && { artifactType }),
    ...(subject !== undefined && { subject: readDescriptor(subject, 'subject') }),
    ...(annotations !== undefined && { annotations }),
    raw,
  };
}

/**
 * The blobs that must be in the registry before the manifest is taken: config and layers, without layers that stay at
 * their publisher's site. A collector of garbage marks all of `layers` instead: such a layer may have been pushed.
 */
export function referencedBlobs(manifest: ParsedManifest): Descriptor[] {
  const layers = manifest.layers.filter(({ mediaType, urls = [] }) => !isNonDistributable(mediaType) && !urls.length);
  return manifest.config === undefined ? layers : [manifest.config, ...layers];
}

/** The manifests that an index lists; none for an image. */
export function childManifests(manifest: ParsedManifest): Descriptor[] {
  return manifest.manifests;
}

function readBody(raw: Uint8Array): JsonObject {
  let body: unknown;
  try {
    body = parseStrictJson(raw);
  } catch (cause) {
    if (!(cause instanceof StrictJsonError)) throw cause;
    throw new ManifestError('body', `not strict JSON: ${cause.message}`, { cause });
  }
  if (!isJsonObject(body)) throw new ManifestError('body', `expected a JSON object, found ${kindOf(body)}`);
  return body;
}

function decideMediaType(body: JsonObject, sent: string): string {
  refuseSchema1(body, sent);
  const written = readText(fieldOf(body, 'mediaType'), 'mediaType');
  if (written !== undefined && sent !== '' && written !== sent) {
    throw new ManifestError('mediaType', `${quote(written)} differs from the Content-Type ${quote(sent)}`);
  }
  const version = fieldOf(body, 'schemaVersion');
  if (version !== 2) throw new ManifestError('schemaVersion', `expected the number 2, found ${kindOf(version)}`);
  refuseMixture(body);
  const mediaType = written ?? (sent === '' ? inferMediaType(body) : sent);
  if (mediaType === undefined) {
    throw new ManifestError('mediaType', 'is missing, and there is neither "config", "layers" nor "manifests"');
  }
  if (isManifestMediaType(mediaType)) return mediaType;
  throw new ManifestError(
    'mediaType',
    `${quote(mediaType)} is not a manifest that this registry knows; it takes OCI images and indexes, ` +
      'Docker schema 2 images and manifest lists',
  );
}

function refuseSchema1(body: JsonObject, sent: string): void {
  const written = fieldOf(body, 'mediaType');
  const isSchema1 = typeof written === 'string' && isSchema1MediaType(written);
  if (!isSchema1 && !isSchema1MediaType(sent) && fieldOf(body, 'schemaVersion') !== 1) return;
  throw new ManifestError(
    'schemaVersion',
    'Docker schema 1 manifests can no longer be pushed; push the image as Docker schema 2 or OCI',
  );
}

/** One body must not read as an image for one client and as an index for another (CVE-2021-41190). */
function refuseMixture(body: JsonObject): void {
  if (fieldOf(body, 'manifests') === undefined) return;
  const other = ['layers', 'config'].find((key) => fieldOf(body, key) !== undefined);
  if (other === undefined) return;
  throw new ManifestError('manifests', `stands beside "${other}"; a manifest is either an image or an index`);
}

function readImage(body: JsonObject): Pick<ParsedManifest, 'kind' | 'config' | 'layers' | 'manifests'> {
  const config = readDescriptor(fieldOf(body, 'config'), 'config');
  return { kind: 'image', config, layers: readDescriptors(fieldOf(body, 'layers'), 'layers'), manifests: [] };
}

function readIndex(body: JsonObject): Pick<ParsedManifest, 'kind' | 'layers' | 'manifests'> {
  return { kind: 'index', layers: [], manifests: readDescriptors(fieldOf(body, 'manifests'), 'manifests') };
}
