import type { KubeObject } from '../object.js';
import type { KubeClient } from './kube-client.js';

/** `authentication.k8s.io` UserInfo, as reviews carry it. */
export interface ReviewedUser {
  username: string;
  uid?: string;
  groups?: readonly string[];
  extra?: Readonly<Record<string, readonly string[]>>;
}

/** What a SubjectAccessReview asks for: a resource, or a path outside of the resources. */
export type ReviewedAttributes =
  | {
      verb: string;
      group: string;
      version?: string;
      resource: string;
      subresource?: string;
      /** Empty: the whole cluster. */
      namespace?: string;
      name?: string;
    }
  | { verb: string; path: string };

interface TokenReview extends KubeObject {
  status?: { authenticated?: boolean; user?: Partial<ReviewedUser> };
}

interface SubjectAccessReview extends KubeObject {
  status?: { allowed?: boolean; reason?: string };
}

const TOKEN_REVIEWS = { group: 'authentication.k8s.io', version: 'v1', resource: 'tokenreviews' };
const ACCESS_REVIEWS = { group: 'authorization.k8s.io', version: 'v1', resource: 'subjectaccessreviews' };

/**
 * Whose token it is, undefined when nobody's (TokenReview). The client needs the right to create reviews, as the role
 * `system:auth-delegator` gives it. Errors: those of the client; none holds the token.
 */
export async function reviewToken(
  client: KubeClient,
  token: string,
  signal?: AbortSignal,
): Promise<ReviewedUser | undefined> {
  const review: TokenReview = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    metadata: {},
    spec: { token },
  };
  const { status } = await client.create(TOKEN_REVIEWS, review, { ...(signal && { signal }) });
  const { username, uid, groups = [], extra } = status?.user ?? {};
  if (status?.authenticated !== true || username === undefined || username === '') return undefined;
  return { username, groups, ...(uid !== undefined && { uid }), ...(extra !== undefined && { extra }) };
}

/** Whether the user may do that (SubjectAccessReview). Errors: those of the client. */
export async function reviewAccess(
  client: KubeClient,
  { username, groups = [], uid, extra }: ReviewedUser,
  attributes: ReviewedAttributes,
  signal?: AbortSignal,
): Promise<{ allowed: boolean; reason?: string }> {
  const who = {
    user: username,
    groups: [...groups],
    ...(uid !== undefined && { uid }),
    ...(extra !== undefined && { extra }),
  };
  const what = 'path' in attributes ? { nonResourceAttributes: attributes } : { resourceAttributes: attributes };
  const review: SubjectAccessReview = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    metadata: {},
    spec: { ...who, ...what },
  };
  const { status } = await client.create(ACCESS_REVIEWS, review, { ...(signal && { signal }) });
  return { allowed: status?.allowed === true, ...(status?.reason !== undefined && { reason: status.reason }) };
}
