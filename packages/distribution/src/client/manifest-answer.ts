import {
  digestAlgorithm,
  digestOf,
  identifyManifest,
  isDigest,
  isManifestMediaType,
  isSchema1MediaType,
  ManifestError,
  MediaType,
  parseMediaType,
} from '@longshore/oci';
import type { Digest } from '@longshore/oci';
import { RemoteError } from '../remote-error.js';
import type { RemoteManifest } from './remote-repository.js';

/** What we can read: everything but Docker's schema 1. */
export const ACCEPTED_MANIFESTS = [
  MediaType.ociManifest,
  MediaType.ociIndex,
  MediaType.dockerManifest,
  MediaType.dockerManifestList,
].join(', ');

interface ManifestHeaders {
  'content-type'?: string | string[] | undefined;
  'docker-content-digest'?: string | string[] | undefined;
  etag?: string | string[] | undefined;
}

/**
 * Checks a manifest against the digest that it was asked for by, or else against the one that the server names.
 *
 * @throws {RemoteError} DIGEST_MISMATCH, INVALID
 */
export function readManifestAnswer(
  bytes: Uint8Array,
  headers: ManifestHeaders,
  { reference, subject, verify }: { reference: string; subject: string; verify: boolean },
): RemoteManifest {
  const mediaType = mediaTypeOf(bytes, headers, subject);
  const named = digestHeader(headers);
  const expected = isDigest(reference) ? [reference] : named === undefined ? [] : [named];
  const [digest = digestOf(bytes)] = expected;
  const actual = digestOf(bytes, digestAlgorithm(digest));
  if (verify && actual !== digest) {
    throw new RemoteError(
      'DIGEST_MISMATCH',
      `${subject}: the registry sends other content than ${digest}: ${actual}; something between changes or damages it`,
    );
  }
  const { etag } = headers;
  return { bytes, mediaType, digest, ...(typeof etag === 'string' && { etag }) };
}

/** The digest that a server names, if it is one that can be checked. */
export function digestHeader(headers: ManifestHeaders): Digest | undefined {
  const named = headers['docker-content-digest'];
  return typeof named === 'string' && isDigest(named) ? named : undefined;
}

/** Some registries serve manifests as `application/json` or text: the body tells. */
function mediaTypeOf(bytes: Uint8Array, headers: ManifestHeaders, subject: string): string {
  const sent = parseMediaType(String(headers['content-type'] ?? ''));
  const mediaType = isManifestMediaType(sent) ? sent : identify(bytes, subject);
  if (!isSchema1MediaType(mediaType)) return mediaType;
  throw new RemoteError(
    'INVALID',
    `${subject}: is a Docker schema 1 image, which is not supported; push it again with a newer tool`,
  );
}

function identify(bytes: Uint8Array, subject: string): string {
  try {
    return identifyManifest(bytes);
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    throw new RemoteError('INVALID', `${subject}: the registry sends what is not a manifest: ${error.message}`);
  }
}
