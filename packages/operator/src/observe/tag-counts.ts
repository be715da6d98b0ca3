import type { KubeClient, KubeObject } from '@longshore/kube';
import { RESOURCES } from '../names.js';

/** How many tags of one sort the image streams of a cluster have (operator.md 6.3). */
export interface TagCounts {
  /** Whether `spec.tags` names it, too. */
  source: 'imported' | 'pushed';
  /** Whether its namespace is one of OpenShift's. */
  location: 'openshift' | 'other';
  count: number;
}

export interface TaggedStream extends KubeObject {
  spec?: { tags?: { name: string }[] | null };
  status?: { tags?: { tag: string }[] | null };
}

const PAGE_SIZE = 500;

/** Counts page by page, so that memory does not grow with the cluster. Errors: those of the client. */
export async function countTags(client: KubeClient, signal: AbortSignal): Promise<TagCounts[]> {
  const sums = new TagSums();
  let next: { continue?: string } = {};
  do {
    const page = await client.list<TaggedStream>(RESOURCES.imageStreams, { limit: PAGE_SIZE, ...next, signal });
    for (const stream of page.items) sums.add(stream);
    next = page.metadata.continue ? { continue: page.metadata.continue } : {};
  } while (next.continue !== undefined);
  return sums.all();
}

/** Adds up the tags of streams. */
class TagSums {
  readonly #sums = (['imported', 'pushed'] as const).flatMap((source) =>
    (['openshift', 'other'] as const).map((location): TagCounts => ({ source, location, count: 0 })),
  );

  add({ metadata, spec, status }: TaggedStream): void {
    const location = metadata.namespace?.startsWith('openshift') ? 'openshift' : 'other';
    const named = new Set(spec?.tags?.map(({ name }) => name));
    for (const { tag } of status?.tags ?? []) {
      const source = named.has(tag) ? 'imported' : 'pushed';
      const sum = this.#sums.find((one) => one.source === source && one.location === location);
      if (sum !== undefined) sum.count++;
    }
  }

  all(): TagCounts[] {
    return this.#sums;
  }
}
