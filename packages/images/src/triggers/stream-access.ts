import { IMAGE_GROUP, reviewAccess, type KubeClient } from '@longshore/kube';

/** May the pods of a service account pull from an image stream of another namespace? */
export type StreamAccess = (
  account: { namespace: string; name: string },
  stream: { namespace: string; name: string },
  signal: AbortSignal,
) => Promise<boolean>;

/**
 * Asks the cluster (SubjectAccessReview) whether the service account has what a pull needs: get on `imagestreams/layers`
 * (registry.md 2.2). So a trigger gives nobody an image that their pods could not pull by its name.
 */
export function reviewedStreamAccess(client: KubeClient): StreamAccess {
  return async (account, stream, signal) => {
    const user = {
      username: `system:serviceaccount:${account.namespace}:${account.name}`,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`, 'system:authenticated'],
    };
    const right = { verb: 'get', group: IMAGE_GROUP, version: 'v1', resource: 'imagestreams', subresource: 'layers' };
    const { allowed } = await reviewAccess(client, user, { ...right, ...stream }, signal);
    return allowed;
  };
}
