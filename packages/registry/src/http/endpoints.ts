import { isRepositoryName } from '@longshore/oci';
import type { Access, Action } from '../access/index.js';
import type { Services } from '../services.js';
import type { Exchange } from './exchange.js';
import { deleteBlob, readBlob } from './handlers-blobs.js';
import { addSignature, pruneBlob, readSignatures } from './handlers-cluster.js';
import { listRepositories, listTags } from './handlers-lists.js';
import { deleteManifest, pushManifest, readManifest } from './handlers-manifests.js';
import { base, issueToken, liveness, metrics, readiness, redirectToBase } from './handlers-service.js';
import { listReferrers } from './handlers-referrers.js';
import { appendToUpload, cancelUpload, finishUpload, startUpload, uploadStatus } from './handlers-uploads.js';
import type { Route } from './route.js';

/** What a method does on a kind of resource. */
export interface Endpoint {
  /** The rights that it takes; absent: none, not even to have logged in. */
  access?: (route: never) => Access[];
  /** Rights that help and that it can do without: who is asked for credentials is told of them, too. */
  useful?: (query: URLSearchParams) => Access[];
  /** Refused in read-only mode. */
  writes?: boolean;
  /** Refused unless `storage.delete.enabled`. */
  deletes?: boolean;
  /** Counts against `openshift.requests`. */
  limited?: boolean;
  /** There only when the registry belongs to a cluster. */
  cluster?: boolean;
  /** Its name in `imageregistry_request_duration_seconds` (reference registry 7.1). */
  operation?: string;
  handle(exchange: Exchange, route: never, services: Services): void | Promise<void>;
}

const onRepository =
  (...actions: Action[]) =>
  ({ repository }: { repository: string }): Access[] =>
    actions.map((action) => ({ type: 'repository', name: repository, action }));

const pull = { access: onRepository('pull'), limited: true };
const push = { access: onRepository('pull', 'push'), limited: true, writes: true };
const remove = { access: onRepository('delete'), limited: true, writes: true, deletes: true };

/** A mount reads another repository; without the right it becomes an ordinary upload (reference registry 2.4). */
function pullFromSource(query: URLSearchParams): Access[] {
  const from = query.has('mount') ? (query.get('from') ?? '') : '';
  return isRepositoryName(from) ? [{ type: 'repository', name: from, action: 'pull' }] : [];
}

/** The API in the order of the specification's table of endpoints (reference registry 1.2, 1.10). */
export const ENDPOINTS: Record<Route['kind'], Record<string, Endpoint>> = {
  base: { GET: { access: () => [], limited: true, handle: base } },
  'base-without-slash': { GET: { handle: redirectToBase } },
  blob: {
    GET: { ...pull, operation: 'BlobStore.ServeBlob', handle: readBlob },
    HEAD: { ...pull, operation: 'BlobStore.Stat', handle: readBlob },
    DELETE: { ...remove, operation: 'BlobStore.Delete', handle: deleteBlob },
  },
  manifest: {
    GET: { ...pull, operation: 'ManifestService.Get', handle: readManifest },
    HEAD: { ...pull, operation: 'ManifestService.Exists', handle: readManifest },
    PUT: { ...push, operation: 'ManifestService.Put', handle: pushManifest },
    DELETE: { ...remove, operation: 'ManifestService.Delete', handle: deleteManifest },
  },
  uploads: { POST: { ...push, useful: pullFromSource, operation: 'BlobStore.Create', handle: startUpload } },
  upload: {
    GET: { access: onRepository('pull', 'push'), limited: true, operation: 'BlobStore.Resume', handle: uploadStatus },
    PATCH: { ...push, operation: 'BlobWriter.Write', handle: appendToUpload },
    PUT: { ...push, operation: 'BlobWriter.Commit', handle: finishUpload },
    DELETE: { ...push, access: onRepository('push'), operation: 'BlobWriter.Cancel', handle: cancelUpload },
  },
  tags: { GET: { ...pull, operation: 'TagService.All', handle: listTags } },
  referrers: { GET: { ...pull, operation: 'ManifestService.Referrers', handle: listReferrers } },
  catalog: {
    GET: {
      access: () => [{ type: 'registry', name: 'catalog', action: '*' }],
      limited: true,
      handle: listRepositories,
    },
  },
  signatures: {
    GET: { ...pull, cluster: true, operation: 'SignatureService.Get', handle: readSignatures },
    PUT: { ...push, cluster: true, operation: 'SignatureService.Put', handle: addSignature },
  },
  'admin-blob': {
    DELETE: {
      access: () => [{ type: 'admin', name: '', action: 'prune' }],
      limited: true,
      writes: true,
      deletes: true,
      cluster: true,
      operation: 'Admin.DeleteBlob',
      handle: pruneBlob,
    },
  },
  token: { GET: { limited: true, handle: issueToken } },
  metrics: { GET: { handle: metrics } },
  liveness: { GET: { handle: liveness }, HEAD: { handle: liveness } },
  readiness: { GET: { handle: readiness }, HEAD: { handle: readiness } },
};
