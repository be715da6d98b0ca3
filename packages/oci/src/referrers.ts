import type { Descriptor } from './descriptor.js';
import type { Digest } from './digest.js';
import type { ParsedManifest } from './manifest.js';

const LONGEST_ALGORITHM = 32;
const LONGEST_ENCODED = 64;

/**
 * The artifact type that a referrers list shows (reference registry 1.8): the manifest's own, else an image's config media
 * type. Undefined for an index without its own.
 */
export function referrerArtifactType(manifest: ParsedManifest): string | undefined {
  return manifest.artifactType ?? manifest.config?.mediaType;
}

/** The entry of a referrers list for a manifest stored under `digest`. */
export function referrerDescriptor(manifest: ParsedManifest, digest: Digest): Descriptor {
  const artifactType = referrerArtifactType(manifest);
  return {
    mediaType: manifest.mediaType,
    digest,
    size: manifest.raw.byteLength,
    ...(artifactType !== undefined && { artifactType }),
    ...(manifest.annotations !== undefined && { annotations: manifest.annotations }),
  };
}

/** The tag under which clients of registries without the referrers API keep the list for a subject (1.8). */
export function fallbackReferrersTag(digest: string): string {
  const [algorithm = '', ...encoded] = digest.split(':');
  const tag = `${algorithm.slice(0, LONGEST_ALGORITHM)}-${encoded.join(':').slice(0, LONGEST_ENCODED)}`;
  return tag.replace(/[^a-zA-Z0-9._-]/g, '-');
}
