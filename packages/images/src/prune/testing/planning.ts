import type { Image, ImageStream } from '@longshore/kube';
import type { ImageUses } from '../image-uses.js';
import { PruneGraph } from '../prune-graph.js';
import { PrunePlan, type RepositoryLinks } from '../prune-plan.js';
import type { PruneRules } from '../prune-rules.js';
import { digestNamed, NOW } from './objects.js';

export interface World {
  images: Image[];
  streams: ImageStream[];
  uses?: Partial<ImageUses>[];
}

export const HOUR_MS = 60 * 60_000;

export function planOf({ images, streams, uses = [] }: World, rules: Partial<PruneRules> = {}): PrunePlan {
  const graph = new PruneGraph();
  for (const use of uses) graph.addUses({ digests: [], tags: [], invalid: [], ...use });
  for (const stream of streams) graph.addStream(stream);
  for (const image of images) graph.addImage(image);
  return new PrunePlan(graph, {
    now: NOW,
    keepYoungerThanMs: HOUR_MS,
    keepUnlistedYoungerThanMs: HOUR_MS,
    history: { keepRevisions: 3 },
    all: true,
    ...rules,
  });
}

/** What a plan says, in digests. */
export interface Outcome {
  /** `ns/name:tag@digest` of each entry that goes. */
  items: string[];
  /** `repository digest` */
  layerLinks: string[];
  manifestLinks: string[];
  blobs: string[];
  images: string[];
}

export function outcomeOf(plan: PrunePlan): Outcome {
  const { digests, names } = plan.graph;
  const outcome: Outcome = { items: [], layerLinks: [], manifestLinks: [], blobs: [], images: [] };
  const addLinks = (repository: number, { layers, manifests }: RepositoryLinks) => {
    const at = (digest: number) => `${names.text(repository)} ${digests.text(digest)}`;
    outcome.layerLinks.push(...layers.map(at));
    outcome.manifestLinks.push(...manifests.map(at));
  };
  for (const verdict of plan.streams()) {
    const { history, dropped } = verdict;
    for (const { tag, items } of history.tags) {
      for (const item of items) {
        if (!dropped.includes(item)) continue;
        outcome.items.push(`${names.text(history.stream)}:${names.text(tag)}@${digests.text(item.digest)}`);
      }
    }
    addLinks(history.stream, plan.links(history.stream, verdict));
  }
  for (const repository of plan.orphanRepositories()) addLinks(repository, plan.links(repository, undefined));
  const claimed = plan.newClaims();
  for (const image of plan.deadImages()) {
    outcome.images.push(digests.text(plan.graph.imageDigest.at(image)));
    outcome.blobs.push(...plan.claimBlobs(image, claimed).map((blob) => digests.text(blob)));
  }
  return outcome;
}

/** {@link outcomeOf} with the names that the digests were made of. */
export function outcomeInNames(plan: PrunePlan, names: string[]): Outcome {
  const all = names.flatMap((name) => [name, `${name}-config`]);
  const byDigest = new Map(all.map((name): [string, string] => [digestNamed(name), name]));
  const named = (text: string) => text.replaceAll(/sha256:[0-9a-f]{64}/g, (digest) => byDigest.get(digest) ?? digest);
  const outcome = outcomeOf(plan);
  return {
    items: outcome.items.map(named).sort(),
    layerLinks: outcome.layerLinks.map(named).sort(),
    manifestLinks: outcome.manifestLinks.map(named), // in their order
    blobs: outcome.blobs.map(named).sort(),
    images: outcome.images.map(named).sort(),
  };
}
