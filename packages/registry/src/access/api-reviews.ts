import { ApiError, IMAGE_GROUP, reviewAccess, reviewToken, type KubeClient } from '@longshore/kube';
import type { Subject } from './access.js';
import type { ClusterReviews, ReviewedRight } from './cluster.js';
import { AccessUnavailableError } from './errors.js';

/** The API takes no longer token, and neither does HTTP. */
const MAX_TOKEN_LENGTH = 16 * 1024;
const TIMEOUT_MS = 10_000;
const NOBODY = { username: 'system:anonymous', groups: ['system:unauthenticated'] };

/** Asks an API server, as the registry itself: it needs the role `system:auth-delegator`, or `system:registry`. */
export class ApiReviews implements ClusterReviews {
  constructor(private readonly client: KubeClient) {}

  async reviewToken(token: string): Promise<Subject | undefined> {
    if (token.length > MAX_TOKEN_LENGTH) return undefined;
    const user = await asking('tokenreviews', (signal) => reviewToken(this.client, token, signal));
    if (user === undefined) return undefined;
    const { username, ...rest } = user;
    return Object.freeze({ name: username, anonymous: false, ...rest });
  }

  async reviewAccess({ name, anonymous, ...rest }: Subject, right: ReviewedRight): Promise<boolean> {
    const user = anonymous ? NOBODY : { username: name, ...rest };
    const attributes = { ...right, group: IMAGE_GROUP, version: 'v1' };
    const { allowed } = await asking('subjectaccessreviews', (signal) =>
      reviewAccess(this.client, user, attributes, signal),
    );
    return allowed;
  }
}

/** Errors: AccessUnavailableError; it never holds what was asked. */
async function asking<T>(resource: string, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  try {
    return await ask(AbortSignal.timeout(TIMEOUT_MS));
  } catch (error) {
    throw new AccessUnavailableError(reasonOf(error, resource), { cause: error });
  }
}

function reasonOf(error: unknown, resource: string): string {
  if (!(error instanceof ApiError)) return 'the API server of the cluster does not answer';
  if (error.reason === 'Forbidden') return `the cluster does not let the registry create ${resource}`;
  if (error.reason === 'Unauthorized') return 'the cluster does not know the registry';
  return `the API server of the cluster answers ${error.httpStatus}`;
}
