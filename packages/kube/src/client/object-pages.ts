import { hasReason } from '../api-error.js';
import type { KubeObject } from '../object.js';
import type { KubeClient } from './kube-client.js';
import type { ResourceType } from './resource-path.js';

const PAGE_SIZE = 500;
const MAX_BEGINNINGS = 3;

/**
 * Visits all objects of a kind page by page, so that only one page is in memory. When the server forgets where it was (410), the
 * visit begins again: objects may come twice. Resolves with the resource version of the list. Errors: as of `KubeClient`.
 */
export async function visitObjects<T extends KubeObject>(
  client: KubeClient,
  type: ResourceType,
  { namespace, signal }: { namespace?: string | undefined; signal: AbortSignal },
  visit: (object: T) => void,
): Promise<string> {
  for (let beginnings = 1; ; beginnings++) {
    try {
      return await visitOnce(client, type, { namespace, signal }, visit);
    } catch (error) {
      if (beginnings === MAX_BEGINNINGS || !hasReason(error, 'Expired')) throw error;
    }
  }
}

async function visitOnce<T extends KubeObject>(
  client: KubeClient,
  type: ResourceType,
  options: { namespace: string | undefined; signal: AbortSignal },
  visit: (object: T) => void,
): Promise<string> {
  for (let next: string | undefined; ;) {
    const page = await client.list<T>(type, { ...options, limit: PAGE_SIZE, ...(next && { continue: next }) });
    for (const object of page.items) visit(object);
    next = page.metadata.continue;
    if (next === undefined || next === '') return page.metadata.resourceVersion ?? '';
  }
}
