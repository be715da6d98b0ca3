import { IMAGE_GROUP, reviewAccess, type KubeClient } from '@longshore/kube';

interface NamespacedName {
  namespace: string;
  name: string;
}

/**
 * May the pods of a service account pull from an image stream? Asks the cluster (SubjectAccessReview) for what a pull needs: get
 * on `imagestreams/layers` (registry.md 2.2). So a trigger gives nobody an image that their pods could not pull by its name.
 */
export async function mayPull(
  client: KubeClient,
  account: NamespacedName,
  stream: NamespacedName,
  signal: AbortSignal,
): Promise<boolean> {
  const user = {
    username: `system:serviceaccount:${account.namespace}:${account.name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`, 'system:authenticated'],
  };
  const right = { verb: 'get', group: IMAGE_GROUP, version: 'v1', resource: 'imagestreams', subresource: 'layers' };
  const { allowed } = await reviewAccess(client, user, { ...right, ...stream }, signal);
  return allowed;
}
