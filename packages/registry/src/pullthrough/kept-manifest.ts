import { identifyManifest, ManifestError, parseManifest, type Digest, type ParsedManifest } from '@longshore/oci';
import type { StorageDriver } from '@longshore/storage';
import type { Logger } from '../observe/index.js';
import { flatDigest } from '../layout.js';
import type { ManifestStore } from '../manifests/manifest-store.js';
import type { UpstreamManifest } from '../streams/upstream.js';
import type { UploadStore } from '../uploads/upload-store.js';
import { isOurs } from './errors.js';
import { SharedSession } from './shared-session.js';

/** As long as the client of registries may take to give up; then one no longer waits for another process. */
const PATIENCE_MS = 90_000;

export interface KeepParts {
  driver: StorageDriver;
  manifests: ManifestStore;
  sessions: UploadStore;
  log: Pick<Logger, 'warn'>;
}

/**
 * Fetches a manifest and keeps it in the repository. Of several processes, one fetches and the others wait for it. What
 * cannot be kept is served all the same. Errors: those of `fetch`.
 */
export async function fetchAndKeep(
  parts: KeepParts,
  repository: string,
  digest: Digest,
  fetch: () => Promise<UpstreamManifest>,
): Promise<UpstreamManifest> {
  const { driver, manifests, sessions, log } = parts;
  const session = new SharedSession(driver, sessions, repository, `pullthrough-manifest@${flatDigest(digest)}`);
  const limit = performance.now() + PATIENCE_MS;
  let fetched: Promise<UpstreamManifest> | undefined;
  const once = () => (fetched ??= fetch());
  try {
    while (performance.now() < limit) {
      const held = await heldManifest(manifests, repository, digest);
      if (held) return held;
      if ((await session.claim()) !== 'busy') return await fetchClaimed(parts, session, digest, once);
      await session.wait();
    }
  } catch (error) {
    if (!isOurs(error)) throw error;
    log.warn({ 'vars.name': repository, digest, error }, 'a manifest from another registry cannot be kept');
  }
  return once();
}

async function fetchClaimed(
  { manifests }: KeepParts,
  session: SharedSession,
  digest: Digest,
  fetch: () => Promise<UpstreamManifest>,
): Promise<UpstreamManifest> {
  try {
    // Who had the claim before may have ended since we looked.
    const held = await heldManifest(manifests, session.repository, digest);
    if (held) return held;
    const fetched = await fetch();
    const parsed = parsedOrUndefined(fetched.bytes);
    if (parsed) await manifests.put(session.repository, parsed, digest);
    return fetched;
  } finally {
    await session.remove();
  }
}

async function heldManifest(
  manifests: ManifestStore,
  repository: string,
  digest: Digest,
): Promise<UpstreamManifest | undefined> {
  const held = await manifests.get(repository, digest);
  return held?.mediaType === undefined ? undefined : { bytes: held.bytes, mediaType: held.mediaType };
}

/** The manifest in our terms; undefined for kinds that we do not store, such as schema 1. */
export function parsedOrUndefined(bytes: Uint8Array): ParsedManifest | undefined {
  try {
    return parseManifest(bytes);
  } catch (error) {
    if (error instanceof ManifestError) return undefined;
    throw error;
  }
}

/** The media type that the bytes have, as they will be served once they are kept; else what upstream says. */
export function mediaTypeOf(bytes: Uint8Array, upstream: string): string {
  try {
    return identifyManifest(bytes);
  } catch (error) {
    if (error instanceof ManifestError) return upstream;
    throw error;
  }
}
