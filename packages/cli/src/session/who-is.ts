import type { KubeClient, KubeObject } from '@longshore/kube';
import { CliError } from '../cli-error.js';

const USERS = { group: 'user.openshift.io', version: 'v1', resource: 'users' };
const REVIEWS = { group: 'authentication.k8s.io', version: 'v1', resource: 'selfsubjectreviews' };

/** The name of the session's user: by OpenShift's API, or by Kubernetes' where that is not served. Errors: CliError for a bad token. */
export async function whoIs(client: KubeClient): Promise<string> {
  const { ApiError, hasReason } = await import('@longshore/kube');
  try {
    const user = await client.get(USERS, '~');
    return user.metadata.name ?? '';
  } catch (error) {
    if (hasReason(error, 'Unauthorized')) {
      throw new CliError('The token provided is invalid or expired.', 1, { cause: error });
    }
    // Service accounts are no users of OpenShift.
    if (!(error instanceof ApiError)) throw error;
  }
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview', metadata: {} };
  const { status } = await client.create<SelfSubjectReview>(REVIEWS, review);
  return status?.userInfo?.username ?? '';
}

interface SelfSubjectReview extends KubeObject {
  status?: { userInfo?: { username?: string } };
}
