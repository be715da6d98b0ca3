import { ApiError, type KubeClient, type KubeObject } from '@longshore/kube';
import type { Subject } from './access.js';
import type { ClusterReviews, ReviewedRight } from './cluster.js';
import { AccessUnavailableError } from './errors.js';

interface TokenReview extends KubeObject {
  status?: { authenticated?: boolean; user?: { username?: string; uid?: string; groups?: string[] } };
}

interface SubjectAccessReview extends KubeObject {
  status?: { allowed?: boolean };
}

const TOKEN_REVIEWS = { group: 'authentication.k8s.io', version: 'v1', resource: 'tokenreviews' };
const ACCESS_REVIEWS = { group: 'authorization.k8s.io', version: 'v1', resource: 'subjectaccessreviews' };
/** The API takes no longer token, and neither does HTTP. */
const MAX_TOKEN_LENGTH = 16 * 1024;
const TIMEOUT_MS = 10_000;

/** Asks an API server, as the registry itself: it needs the role `system:auth-delegator`, or `system:registry`. */
export class ApiReviews implements ClusterReviews {
  constructor(private readonly client: KubeClient) {}

  async reviewToken(token: string): Promise<Subject | undefined> {
    if (token.length > MAX_TOKEN_LENGTH) return undefined;
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', metadata: {}, spec: { token } };
    const { status } = await this.#ask<TokenReview>(TOKEN_REVIEWS, review);
    const { username, uid, groups = [] } = status?.user ?? {};
    if (status?.authenticated !== true || username === undefined || username === '') return undefined;
    return Object.freeze({ name: username, anonymous: false, groups, ...(uid !== undefined && { uid }) });
  }

  async reviewAccess({ name, anonymous, groups = [], uid }: Subject, right: ReviewedRight): Promise<boolean> {
    const who = anonymous
      ? { user: 'system:anonymous', groups: ['system:unauthenticated'] }
      : { user: name, groups: [...groups], ...(uid !== undefined && { uid }) };
    const resourceAttributes = { ...right, group: 'image.openshift.io', version: 'v1' };
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      metadata: {},
      spec: { ...who, resourceAttributes },
    };
    const { status } = await this.#ask<SubjectAccessReview>(ACCESS_REVIEWS, review);
    return status?.allowed === true;
  }

  /** Errors: AccessUnavailableError; it never holds what was asked. */
  async #ask<T extends KubeObject>(type: typeof TOKEN_REVIEWS, review: KubeObject): Promise<T> {
    try {
      return await this.client.create<T>(type, review as T, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    } catch (error) {
      throw new AccessUnavailableError(reasonOf(error, type.resource), { cause: error });
    }
  }
}

function reasonOf(error: unknown, resource: string): string {
  if (!(error instanceof ApiError)) return 'the API server of the cluster does not answer';
  if (error.reason === 'Forbidden') return `the cluster does not let the registry create ${resource}`;
  if (error.reason === 'Unauthorized') return 'the cluster does not know the registry';
  return `the API server of the cluster answers ${error.httpStatus}`;
}
