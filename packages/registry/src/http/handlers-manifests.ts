import {
  digestAlgorithm,
  digestOf,
  identifyManifest,
  isTag,
  ManifestError,
  MediaType,
  parseManifest,
  RegistryError,
} from '@longshore/oci';
import type { Digest, ParsedManifest } from '@longshore/oci';
import { allOf } from '../all-of.js';
import type { Subject } from '../access/index.js';
import { checkReferences, type Holdings } from '../manifests/manifest-check.js';
import { leasedRevision } from '../layout.js';
import { isRepository } from '../repositories/catalog.js';
import type { Services } from '../services.js';
import { sweepInBackground } from '../tags/background-sweep.js';
import { accepts, matchesEtag } from './accept.js';
import { findEarlier, freshOrEarlier, staleHeaders, type EarlierImage } from './earlier-image.js';
import type { Exchange, RawHeaders } from './exchange.js';
import { digestParameter, tagParameter } from './parameters.js';
import { checkBodyLength, readSmallBody } from './request-body.js';
import { UpstreamOfPush } from './take-upstream.js';
import { deleteUnmodified, unmodifiedSince } from './unmodified-since.js';

export interface ManifestRoute {
  repository: string;
  /** A tag or a digest. */
  reference: string;
}

/** How many `tag` parameters one push may carry (spec end-7b asks for at least 10). */
const MAX_TAGS = 100;

const isDigestLike = (reference: string) => reference.includes(':');

/** GET and HEAD of a manifest by tag or digest: the stored bytes (spec end-3; reference registry 1.7). */
export async function readManifest(exchange: Exchange, route: ManifestRoute, services: Services): Promise<void> {
  const digest = await resolve(route, services);
  const content = digest && (await contentOf(exchange, route, digest, services));
  if (!digest || content?.mediaType === undefined) {
    await refuseUnknownStream(route, services);
    throw unknownManifest(route);
  }
  const { bytes, size = bytes?.length ?? 0, mediaType, earlier } = content;
  if (!accepts(exchange.header('accept'), mediaType)) {
    throw new RegistryError('MANIFEST_UNKNOWN', {
      message: `the manifest is a ${mediaType}, which the Accept header does not admit`,
      detail: { digest, mediaType },
    });
  }
  const served = earlier?.digest ?? digest;
  const headers: RawHeaders = ['Content-Type', mediaType, 'Docker-Content-Digest', served, 'Etag', `"${served}"`];
  if (earlier) headers.push(...staleHeaders(earlier, Date.now()));
  if (matchesEtag(exchange.header('if-none-match'), served)) exchange.send(304, headers.slice(2));
  else if (bytes) exchange.send(200, headers, bytes);
  else exchange.sendHead(200, headers, size);
}

/** The bytes of a manifest, or only their size, and the image that they are of when it is not the one that was wanted. */
interface ManifestContent {
  bytes?: Buffer;
  size?: number;
  mediaType?: string;
  earlier?: EarlierImage;
}

/** What the repository holds, else what upstream has; a HEAD fetches nothing. */
async function contentOf(
  exchange: Exchange,
  { repository, reference }: ManifestRoute,
  digest: Digest,
  { cluster, contents, upstream }: Services,
): Promise<ManifestContent | undefined> {
  const isTagOfStream = cluster !== undefined && !isDigestLike(reference);
  const held = await contents.manifest(repository, digest, isTagOfStream);
  if (held) return held;
  const asked: Promise<ManifestContent | undefined> =
    exchange.method === 'HEAD'
      ? upstream.statManifest(repository, digest, exchange)
      : upstream.manifest(repository, digest, exchange);
  if (!isTagOfStream) return asked;
  const answer = await freshOrEarlier(asked, async () =>
    findEarlier(await upstream.history(repository, reference), digest, (image) =>
      contents.manifest(repository, image, true),
    ),
  );
  return 'fresh' in answer ? answer.fresh : { ...answer.earlier.content, earlier: answer.earlier };
}

/** Undefined when the tag is unknown. In a cluster the image stream tells. Errors: DIGEST_INVALID, UNAVAILABLE. */
async function resolve({ repository, reference }: ManifestRoute, services: Services): Promise<Digest | undefined> {
  if (isDigestLike(reference)) return digestParameter(reference);
  const source = services.cluster?.streams ?? services.tags;
  return isTag(reference) ? source.resolve(repository, reference) : undefined;
}

/** Errors: NAME_UNKNOWN for a tag of a repository that neither the cluster nor the storage knows (reference registry 11.1). */
async function refuseUnknownStream({ repository, reference }: ManifestRoute, { cluster, driver }: Services) {
  if (cluster === undefined || isDigestLike(reference)) return;
  if ((await cluster.streams.recent(repository)) !== undefined || (await isRepository(driver, repository))) return;
  throw new RegistryError('NAME_UNKNOWN', { detail: { name: repository } });
}

function unknownManifest({ reference }: ManifestRoute): RegistryError {
  const what = isDigestLike(reference) ? 'revision' : 'tag';
  return new RegistryError('MANIFEST_UNKNOWN', { detail: `unknown ${what}=${reference.slice(0, 256)}` });
}

/** PUT of a manifest by tag, or by digest with any number of `tag` parameters (spec end-7a, 7b). */
export async function pushManifest(exchange: Exchange, route: ManifestRoute, services: Services): Promise<void> {
  const byDigest = isDigestLike(route.reference) ? digestParameter(route.reference) : undefined;
  const tags = byDigest ? tagParameters(exchange.query) : [tagParameter(route.reference)];
  const manifest = await readPushed(exchange, services);
  const digest = digestOf(manifest.raw, byDigest && digestAlgorithm(byDigest));
  if (byDigest && digest !== byDigest)
    throw new RegistryError('DIGEST_INVALID', { detail: { digest: byDigest, actual: digest } });
  const rules = { urls: services.layerUrls, sparse: services.isSparse(route.repository) };
  await checkReferences(manifest, holdingsOf(exchange, route.repository, services), rules);
  checkKind(manifest, services);
  await store(route.repository, manifest, digest, tags, exchange.subject, services);
  const location = exchange.location(`/v2/${route.repository}/manifests/${digest}`);
  const headers: RawHeaders = ['Location', location, 'Docker-Content-Digest', digest];
  if (manifest.subject) headers.push('OCI-Subject', manifest.subject.digest);
  if (byDigest) headers.push(...tags.flatMap((tag) => ['OCI-Tag', tag]));
  exchange.send(201, headers);
}

/** Errors: MANIFEST_INVALID for Docker's images where they are not wanted (`openshift.compatibility.acceptschema2`). */
function checkKind({ mediaType }: ParsedManifest, { config }: Services): void {
  if (config.openshift.compatibility.acceptschema2 || mediaType !== MediaType.dockerManifest) return;
  throw new RegistryError('MANIFEST_INVALID', {
    message: 'images of Docker schema 2 are not taken here; push the image as OCI',
    detail: { mediaType },
  });
}

/**
 * Stores a manifest and points tags to it, in a cluster also those of the image stream, before those in storage: who sees the
 * link will find the stream as new. Who deletes it by digest at the same time takes away the tags that are there by
 * then: when it or a tag is gone after the last tag was set, all is done again.
 */
async function store(
  repository: string,
  manifest: ParsedManifest,
  digest: Digest,
  names: string[],
  pusher: Subject | undefined,
  services: Services,
) {
  const { manifests, tags, tombstones, cluster } = services;
  const image = cluster?.publisher.describe(repository, manifest, digest);
  do {
    const cleared = tombstones.clear(repository, digest);
    await allOf([cleared.then(() => manifests.putContent(manifest, digest)), ...(image ? [image] : [])]);
    const held = manifests.hold(repository, manifest, digest);
    if (image && cluster) {
      // What the stream lists is served from now on, though the repository may hold it a moment later.
      const told = cluster.publisher.publish(repository, names, await image, pusher);
      await tags.putAfter([held, told], repository, names, digest);
    } else {
      await held;
      for (const tag of names) await tags.put(repository, tag, digest);
    }
  } while (!(await isComplete(repository, digest, names, services)));
}

/** True when a repository holds a manifest and all the tags, whatever they point to by now. */
async function isComplete(repository: string, digest: Digest, names: string[], { manifests, tags }: Services) {
  for (const tag of names) if ((await tags.resolve(repository, tag)) === undefined) return false;
  return manifests.has(repository, digest);
}

function tagParameters(query: URLSearchParams): string[] {
  const tags = query.getAll('tag');
  if (tags.length > MAX_TAGS) {
    throw new RegistryError('TAG_INVALID', {
      status: 414,
      message: 'too many tags in one request',
      detail: { limit: MAX_TAGS },
    });
  }
  return tags.map(tagParameter);
}

async function readPushed(exchange: Exchange, { config }: Services): Promise<ParsedManifest> {
  const contentType = exchange.header('content-type');
  if (contentType === undefined) {
    throw new RegistryError('MANIFEST_INVALID', {
      detail: 'the Content-Type header is missing; it names the kind of manifest',
    });
  }
  const { maxsize } = config.longshore.manifests;
  if (exchange.header('expect') !== undefined) {
    checkBodyLength(exchange.request, maxsize);
    exchange.response.writeContinue();
  }
  const raw = await readSmallBody(exchange.request, maxsize);
  try {
    const manifest = parseManifest(raw, contentType);
    checkIdentity(manifest);
    return manifest;
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    throw new RegistryError('MANIFEST_INVALID', { detail: { field: error.field, reason: error.message } });
  }
}

/**
 * Only the bytes are stored: they alone must tell the media type. Docker's formats always hold it; a manifest without it
 * is OCI's. Errors: ManifestError.
 */
function checkIdentity({ raw, mediaType }: ParsedManifest): void {
  const identity = identifyManifest(raw);
  if (identity === mediaType) return;
  throw new ManifestError(
    'mediaType',
    `is missing, so that this is a ${identity}, not the ${mediaType} of the Content-Type`,
  );
}

function holdingsOf(exchange: Exchange, repository: string, services: Services): Holdings {
  const { contents } = services;
  const upstream = new UpstreamOfPush(repository, exchange, services);
  return {
    blobSize: async (digest) =>
      (await contents.leaseBlob(repository, digest))?.size ?? (await upstream.blobSize(digest)),
    manifestSize: async (digest) =>
      (await contents.leaseManifest(repository, digest)) ?? (await upstream.manifestSize(digest)),
  };
}

/** DELETE by tag: the tag. By digest: the manifest and all its tags, unless an index lists it (reference 1.6, 11.1). */
export async function deleteManifest(exchange: Exchange, route: ManifestRoute, services: Services): Promise<void> {
  const { repository, reference } = route;
  const deleted = isDigestLike(reference)
    ? await deleteByDigest(repository, digestParameter(reference), unmodifiedSince(exchange), services)
    : isTag(reference) && (await deleteTag(repository, reference, services));
  services.contents.changed(repository);
  if (!deleted) throw unknownManifest(route);
  exchange.send(202);
}

async function deleteTag(repository: string, tag: string, services: Services): Promise<boolean> {
  const { cluster, manifests, tags } = services;
  if (!cluster) {
    const digest = await tags.resolve(repository, tag);
    return digest !== undefined && (await manifests.has(repository, digest)) && tags.delete(repository, tag);
  }
  // The stream first: a push that comes between loses its link at most, and the stream tells what it pushed.
  const inStream = await cluster.streams.deleteTag(repository, tag);
  return (await tags.delete(repository, tag)) || inStream;
}

/**
 * Resolves with whether there was anything to delete. `since`: only if nobody relies on it since, and no tag goes. Errors:
 * UNSUPPORTED while an index lists it.
 */
async function deleteByDigest(
  repository: string,
  digest: Digest,
  since: number | undefined,
  services: Services,
): Promise<boolean> {
  const { cluster, leases, manifests, tombstones } = services;
  if (await manifests.has(repository, digest)) await refuseChild(repository, digest, services);
  const manifest = await manifests.parsed(repository, digest);
  if (since !== undefined) {
    const isGone = await deleteUnmodified(leases, leasedRevision(repository, digest), since);
    if (isGone && manifest) await manifests.forget(repository, manifest, digest);
    return isGone;
  }
  const wasTagged = (await cluster?.streams.deleteTagsOf(repository, digest)) ?? false;
  if (!(await tombstones.bury(repository, digest))) return wasTagged;
  if (manifest) await manifests.forget(repository, manifest, digest);
  sweepInBackground(services, repository);
  return true;
}

async function refuseChild(repository: string, digest: Digest, { manifests }: Services): Promise<void> {
  for await (const index of manifests.backlinks.sources(repository, 'indexes', digest)) {
    if (!(await manifests.has(repository, index))) continue;
    throw new RegistryError('UNSUPPORTED', {
      message: 'the manifest is part of an index; delete the index first',
      detail: { digest, index },
    });
  }
}
