/**
 * Where things lie in storage: distribution's layout (reference registry 6.3), so that docker-registry and Longshore
 * start on each other's directory. What Longshore adds lies in folders that docker-registry passes over: `longshore/`
 * beside `blobs/` and `repositories/`, and `backlinks/`, `tombstones/` inside a repository's `_manifests/`.
 */
import { digestAlgorithm, digestHex, isDigest, makeDigest, type Digest } from '@longshore/oci';
import type { Leased } from './leases.js';

export const ROOT = '/docker/registry/v2';
export const BLOBS = `${ROOT}/blobs`;
export const REPOSITORIES = `${ROOT}/repositories`;
/** Longshore's own: temporary files, things on their way out, secrets, health probes. */
export const OWN = `${ROOT}/longshore`;
export const TRASH = `${OWN}/trash`;
/** Where blobs go that are not what their digest says. */
export const QUARANTINE = `${OWN}/quarantine`;

const slashed = (digest: Digest) => `${digestAlgorithm(digest)}/${digestHex(digest)}`;

export function blobFolder(digest: Digest): string {
  const hex = digestHex(digest);
  return `${BLOBS}/${digestAlgorithm(digest)}/${hex.slice(0, 2)}/${hex}`;
}

export const blobData = (digest: Digest) => `${blobFolder(digest)}/data`;

export const repositoryFolder = (repository: string) => `${REPOSITORIES}/${repository}`;

export const layersFolder = (repository: string) => `${repositoryFolder(repository)}/_layers`;
export const layerLink = (repository: string, digest: Digest) => `${layersFolder(repository)}/${slashed(digest)}/link`;

export const manifestsFolder = (repository: string) => `${repositoryFolder(repository)}/_manifests`;
export const revisionsFolder = (repository: string) => `${manifestsFolder(repository)}/revisions`;
export const revisionFolder = (repository: string, digest: Digest) =>
  `${revisionsFolder(repository)}/${slashed(digest)}`;
export const revisionLink = (repository: string, digest: Digest) => `${revisionFolder(repository, digest)}/link`;

export const tagsFolder = (repository: string) => `${manifestsFolder(repository)}/tags`;
export const tagFolder = (repository: string, tag: string) => `${tagsFolder(repository)}/${tag}`;
/** The file that says to which manifest a tag points, given the tag's folder. */
export const currentLink = (folder: string) => `${folder}/current/link`;
/** The file that says to which manifest a tag once pointed, given the tag's folder. */
export const indexLink = (folder: string, digest: Digest) => `${folder}/index/${slashed(digest)}/link`;

/** Manifests deleted by digest whose tags have yet to go (see tags/tombstones.ts). */
export const tombstonesFolder = (repository: string) => `${manifestsFolder(repository)}/tombstones`;
export const tombstone = (repository: string, digest: Digest) =>
  `${tombstonesFolder(repository)}/${flatDigest(digest)}`;

/** `referrers`: manifests whose subject is the target. `indexes`: indexes that list the target. */
export type BacklinkKind = 'referrers' | 'indexes';
export const backlinksFolder = (repository: string) => `${manifestsFolder(repository)}/backlinks`;
export const backlinkFolder = (repository: string, kind: BacklinkKind, target: Digest) =>
  `${backlinksFolder(repository)}/${kind}/${slashed(target)}`;
export const backlink = (repository: string, kind: BacklinkKind, target: Digest, source: Digest) =>
  `${backlinkFolder(repository, kind, target)}/${flatDigest(source)}`;

export const uploadsFolder = (repository: string) => `${repositoryFolder(repository)}/_uploads`;
export const uploadFolder = (repository: string, id: string) => `${uploadsFolder(repository)}/${id}`;

/** Says that the backlinks of a repository are complete. */
export const backlinksMarker = (repository: string) => `${backlinksFolder(repository)}/complete`;

/** A digest as one path component: `sha256-ab12…`. */
export const flatDigest = (digest: Digest) => `${digestAlgorithm(digest)}-${digestHex(digest)}`;

/** The inverse of flatDigest; undefined for any other name. */
export function parseFlatDigest(name: string): Digest | undefined {
  const text = name.replace('-', ':');
  return isDigest(text) ? text : undefined;
}

/** The digest whose folder is `<algorithm>/<hex>`; undefined for any other names. */
export function digestFromNames(algorithm: string, hex: string): Digest | undefined {
  if (algorithm !== 'sha256' && algorithm !== 'sha512') return undefined;
  return isDigest(`${algorithm}:${hex}`) ? makeDigest(algorithm, hex) : undefined;
}

/** Where folders wait for the collector's verdict. */
const CONDEMNED = `${OWN}/condemned`;
export const CONDEMNED_BLOBS = `${CONDEMNED}/blobs`;
export const condemnedFolder = (repository: string) => `${repositoryFolder(repository)}/_condemned`;

export function leasedBlob(digest: Digest): Leased {
  return { folder: blobFolder(digest), file: 'data', condemned: `${CONDEMNED_BLOBS}/${flatDigest(digest)}` };
}

export function leasedLayerLink(repository: string, digest: Digest): Leased {
  return {
    folder: `${layersFolder(repository)}/${slashed(digest)}`,
    file: 'link',
    condemned: `${condemnedFolder(repository)}/layers/${flatDigest(digest)}`,
  };
}

export function leasedRevision(repository: string, digest: Digest): Leased {
  return {
    folder: revisionFolder(repository, digest),
    file: 'link',
    condemned: `${condemnedFolder(repository)}/revisions/${flatDigest(digest)}`,
  };
}
