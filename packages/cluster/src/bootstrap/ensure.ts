import type { ObjectAccess } from '@longshore/apiserver';
import { hasReason, type KubeObject } from '@longshore/kube';
import type { Wanted } from './namespaces.js';

/** Makes what is not there, with its status. What is there stays as its users left it. */
export async function ensure(objects: ObjectAccess, { resource, object }: Wanted): Promise<KubeObject> {
  const { namespace = '', name = '' } = object.metadata;
  const known = await objects.get(resource, namespace, name);
  if (known !== undefined) return known;
  try {
    const fresh = structuredClone(object);
    return await (object.status === undefined
      ? objects.create(resource, fresh)
      : objects.createWithStatus(resource, fresh));
  } catch (error) {
    const other = hasReason(error, 'AlreadyExists') ? await objects.get(resource, namespace, name) : undefined;
    if (other === undefined) throw error;
    return other;
  }
}
