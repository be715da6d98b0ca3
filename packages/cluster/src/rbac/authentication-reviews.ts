import type { ResourceDefinition, UserInfo } from '@longshore/apiserver';
import { badRequest, formatTime, type KubeObject, type Schema } from '@longshore/kube';

/** Tells whose a token is. */
export interface TokenAuthenticator {
  /**
   * `audiences` empty: the API server's own. Undefined when the token is nobody's, or for other audiences.
   * Resolves with those of the audiences that the token is for.
   */
  authenticateToken(
    token: string,
    audiences: readonly string[],
    signal: AbortSignal,
  ): Promise<{ user: UserInfo; audiences: readonly string[] } | undefined>;
}

const GROUP = 'authentication.k8s.io';

/** TokenReview and SelfSubjectReview (Kubernetes authentication API). */
export function authenticationReviewDefinitions(tokens: TokenAuthenticator): ResourceDefinition[] {
  return [
    {
      group: GROUP,
      version: 'v1',
      plural: 'tokenreviews',
      singular: 'tokenreview',
      kind: 'TokenReview',
      scope: 'Cluster',
      schema: tokenSchema,
      backend: {
        type: 'virtual',
        review: true,
        create: (review, { signal }) => reviewToken(tokens, review, signal),
      },
    },
    {
      group: GROUP,
      version: 'v1',
      plural: 'selfsubjectreviews',
      singular: 'selfsubjectreview',
      kind: 'SelfSubjectReview',
      scope: 'Cluster',
      schema: selfSchema,
      backend: {
        type: 'virtual',
        review: true,
        create: (review, { user, now }) =>
          Promise.resolve({
            ...review,
            metadata: { ...review.metadata, creationTimestamp: formatTime(now) },
            status: { userInfo: user },
          }),
      },
    },
  ];
}

async function reviewToken(tokens: TokenAuthenticator, review: KubeObject, signal: AbortSignal): Promise<KubeObject> {
  const { token = '', audiences = [] } = review.spec as { token?: string; audiences?: string[] };
  if (token === '') {
    throw badRequest('token is required for TokenReview in authentication');
  }
  const found = await tokens.authenticateToken(token, audiences, signal);
  const status = found
    ? { authenticated: true, user: found.user, audiences: found.audiences }
    : { user: {}, error: 'the token is not valid here, or has expired' };
  return { ...review, status };
}

const text: Schema = { type: 'string' };
const anything: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

const tokenSchema: Schema = {
  type: 'object',
  required: ['spec'],
  properties: {
    spec: {
      type: 'object',
      properties: {
        token: text,
        audiences: { type: 'array', items: text, 'x-kubernetes-list-type': 'atomic' },
      },
    },
    status: anything,
  },
};

const selfSchema: Schema = { type: 'object', properties: { status: anything } };
