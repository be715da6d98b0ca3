import { hasReason, type KubeObject, type ListMeta } from '@longshore/kube';
import type { Item } from '../resources/item.js';
import type { Resource } from '../resources/resource.js';
import { concurrently } from './concurrently.js';
import type { DeleteOptions } from './delete-options.js';
import { deleteObject } from './delete.js';
import type { RestRequest, RestServices } from './rest-request.js';

/** Of the answer; of more deleted objects only so many are told. */
const MAX_TOLD = 10_000;
/** Stores make writes that wait together durable by one sync. */
const AT_ONCE = 32;

/** Deletes each object of a list; those that went meanwhile are passed over. Resolves with what was deleted. */
export async function deleteCollection(
  services: RestServices,
  resource: Resource,
  pages: AsyncGenerator<Item[], ListMeta>,
  options: DeleteOptions,
  request: RestRequest,
): Promise<{ items: KubeObject[]; metadata: ListMeta }> {
  const items: KubeObject[] = [];
  for (;;) {
    const page = await pages.next();
    if (page.done) return { items, metadata: page.value };
    await concurrently(page.value, AT_ONCE, async ({ object }) => {
      const { name = '', namespace = '' } = object.metadata;
      try {
        const deleted = await deleteObject(services, resource, name, options, { ...request, namespace });
        if (items.length < MAX_TOLD) items.push(deleted.object);
      } catch (error) {
        if (!hasReason(error, 'NotFound')) throw error;
      }
    });
  }
}
