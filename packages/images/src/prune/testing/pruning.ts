import { ClusterChanges } from '../cluster-changes.js';
import { executePrune, pretendToDelete, type ExecutePruneOptions, type PruneStep } from '../execute-prune.js';
import { PrunePlan } from '../prune-plan.js';
import type { PruneRules } from '../prune-rules.js';
import { readCluster } from '../read-cluster.js';
import { FakeCluster, FakeRegistry } from './fake-cluster.js';
import { NOW } from './objects.js';
import { HOUR_MS, type World } from './planning.js';

export const RULES: PruneRules = {
  now: NOW,
  keepYoungerThanMs: HOUR_MS,
  keepUnlistedYoungerThanMs: HOUR_MS,
  history: { keepRevisions: 1 },
  all: true,
};

/** The digests that an image is made of, with those of its children. */
export function contentOf(cluster: FakeCluster, digest: string): string[] {
  const image = cluster.images.get(digest);
  if (image === undefined) return [digest];
  const children = (image.dockerImageManifests ?? []).flatMap((child) => contentOf(cluster, child.digest));
  const layers = (image.dockerImageLayers ?? []).map(({ name }) => name);
  return [digest, image.dockerImageMetadata?.Id ?? digest, ...layers, ...children];
}

/** A cluster with these objects, and a registry that holds all that they name. */
export function start({ images, streams }: World) {
  const cluster = new FakeCluster();
  for (const image of images) cluster.put(structuredClone(image));
  for (const stream of streams) cluster.put(structuredClone(stream));
  const registry = new FakeRegistry();
  const link = (repository: string, digest: string) => {
    for (const part of contentOf(cluster, digest)) {
      registry.links.add(`${repository} ${part}`);
      registry.blobs.add(part);
    }
  };
  for (const { metadata, dockerImageReference } of cluster.images.values()) {
    link((dockerImageReference ?? '').replace(/^[^/]+\/|@.*$/g, ''), metadata.name ?? '');
  }
  for (const [path, { status }] of cluster.streams) {
    for (const { items } of status.tags ?? []) for (const { image } of items ?? []) if (image !== '') link(path, image);
  }
  return { cluster, registry };
}

export async function planFor(
  cluster: FakeCluster,
  rules: PruneRules,
  signal: AbortSignal = new AbortController().signal,
) {
  const { graph, versions } = await readCluster({ client: cluster.client, notBefore: NOW - HOUR_MS, signal });
  return { plan: new PrunePlan(graph, rules), versions };
}

export async function prune(
  cluster: FakeCluster,
  registry: FakeRegistry | undefined,
  {
    rules = RULES,
    dryRun = false,
    ...more
  }: Partial<ExecutePruneOptions> & { rules?: PruneRules; dryRun?: boolean } = {},
) {
  const { plan } = more.plan === undefined ? await planFor(cluster, rules) : { plan: more.plan };
  const steps: string[] = [];
  const failures: string[] = [];
  const kept: string[] = [];
  const summary = await executePrune({
    plan,
    changes: new ClusterChanges(plan, dryRun ? undefined : cluster.client),
    content: dryRun && registry !== undefined ? pretendToDelete : registry,
    workers: 1,
    signal: new AbortController().signal,
    onStep: (step: PruneStep) => steps.push(Object.values(step).join(' ')),
    onFailure: (what, error) => failures.push(`${what}: ${(error as Error).message}`),
    onKept: (what) => kept.push(what),
    ...more,
  });
  return { summary, steps, failures, kept };
}
