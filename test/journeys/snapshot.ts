import { digestOfPulledBlob, getManifest, jsonOf, requestTo, type Target } from '@longshore/testkit';

/** Everything that clients can read of a registry; two registries with the same content have equal ones. */
export type Snapshot = Record<string, RepositorySnapshot>;

export interface RepositorySnapshot {
  tags: string[];
  /** By tag and by digest. */
  manifests: Record<string, { type: string | undefined; digest: string; bytes: string }>;
  /** Digest to the digest of what comes. */
  blobs: Record<string, string>;
}

interface AnyManifest {
  config?: { digest: string };
  layers?: { digest: string }[];
  manifests?: { digest: string }[];
}

/**
 * Reads the catalogue, and of every repository the tags, all manifests by tag and by digest, and all blobs. `untagged`
 * names manifests that no tag leads to.
 * Errors: Error when something that is listed or referred to cannot be read.
 */
export async function snapshotOf(target: Target, untagged: Record<string, string[]> = {}): Promise<Snapshot> {
  const { repositories } = jsonOf(await requestTo(target, '/v2/_catalog?n=1000')) as { repositories: string[] };
  const snapshot: Snapshot = {};
  for (const repository of repositories.sort()) {
    const tags = await tagsOf(target, repository);
    const repositorySnapshot: RepositorySnapshot = { tags, manifests: {}, blobs: {} };
    for (const reference of [...tags, ...(untagged[repository] ?? [])]) {
      await addManifest(repositorySnapshot, target, repository, reference);
    }
    snapshot[repository] = repositorySnapshot;
  }
  return snapshot;
}

/** Sorted; registries differ in whether a repository without tags is there. */
async function tagsOf(target: Target, repository: string): Promise<string[]> {
  const response = await requestTo(target, `/v2/${repository}/tags/list`);
  const { tags } = jsonOf(response) as { tags?: string[] | null };
  return (tags ?? []).sort();
}

async function addManifest(to: RepositorySnapshot, target: Target, repository: string, reference: string) {
  if (to.manifests[reference] !== undefined) {
    return;
  }
  const response = await getManifest(target, repository, reference);
  if (response.status !== 200) {
    throw new Error(`GET ${repository}:${reference}: ${response.status} ${response.body.toString().slice(0, 500)}`);
  }
  const digest = String(response.headers['docker-content-digest']);
  const bytes = response.body.toString();
  to.manifests[reference] = { type: response.headers['content-type'], digest, bytes };
  const manifest = jsonOf(response) as AnyManifest;
  for (const blob of [manifest.config, ...(manifest.layers ?? [])]) {
    if (blob !== undefined) {
      to.blobs[blob.digest] = await digestOfPulledBlob(target, repository, blob.digest);
    }
  }
  for (const child of [{ digest }, ...(manifest.manifests ?? [])]) {
    await addManifest(to, target, repository, child.digest);
  }
}
