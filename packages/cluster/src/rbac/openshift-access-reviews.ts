import type { Attributes, ResourceDefinition, UserInfo, VirtualRequest } from '@longshore/apiserver';
import { badRequest, forbidden, type KubeObject, type Schema } from '@longshore/kube';
import type { RbacAuthorizer } from './authorizer.js';

const GROUP = 'authorization.openshift.io';
const RESOURCE = { group: GROUP, resource: 'subjectaccessreviews' };

/** What is asked stands at the top of the object, not in a spec. */
interface OpenshiftAccessReview extends KubeObject {
  namespace?: string;
  verb?: string;
  resourceAPIGroup?: string;
  resourceAPIVersion?: string;
  resource?: string;
  resourceName?: string;
  path?: string;
  isNonResourceURL?: boolean;
  user?: string;
  groups?: string[];
  scopes?: string[];
}

/** OpenShift's own access review: by it `oc login` asks whether a user without projects may request one. */
export function openshiftAccessReviews(authorizer: RbacAuthorizer): ResourceDefinition<OpenshiftAccessReview> {
  return {
    group: GROUP,
    version: 'v1',
    plural: 'subjectaccessreviews',
    singular: 'subjectaccessreview',
    kind: 'SubjectAccessReview',
    scope: 'Cluster',
    schema,
    backend: {
      type: 'virtual',
      review: true,
      create: (review, request) => Promise.resolve().then(() => answer(authorizer, review, request)),
    },
  };
}

/** Errors: ApiError `Forbidden` for questions about others by those who may not review them; `BadRequest`. */
function answer(authorizer: RbacAuthorizer, review: OpenshiftAccessReview, { user }: VirtualRequest): KubeObject {
  const { user: name = '', groups = [], scopes = [], namespace = '' } = review;
  if (scopes.length > 0) throw badRequest('scopes are not supported');
  const isAboutOther = name !== '' || groups.length > 0;
  if (isAboutOther && !mayReviewOthers(authorizer, user)) {
    throw forbidden(RESOURCE, '', `User ${JSON.stringify(user.username)} may review only itself`);
  }
  const asked = attributesOf(review, isAboutOther ? { username: name, groups } : user);
  const { allowed, reason } = authorizer.decide(asked);
  return {
    kind: 'SubjectAccessReviewResponse',
    apiVersion: `${GROUP}/v1`,
    metadata: {},
    namespace,
    allowed,
    ...(reason !== undefined && { reason }),
  };
}

function mayReviewOthers(authorizer: RbacAuthorizer, user: UserInfo): boolean {
  const resource = { group: 'authorization.k8s.io', version: 'v1', resource: RESOURCE.resource, subresource: '' };
  return authorizer.decide({ user, verb: 'create', ...resource, name: '', namespace: '' }).allowed;
}

function attributesOf(review: OpenshiftAccessReview, user: UserInfo): Attributes {
  const { verb = '', path = '', isNonResourceURL = false, namespace = '', resourceName: name = '' } = review;
  if (isNonResourceURL) return { user, verb, path };
  const { resourceAPIGroup: group = '', resourceAPIVersion: version = '' } = review;
  const [resource = '', subresource = ''] = (review.resource ?? '').split('/');
  return { user, verb, group, version, resource, subresource, name, namespace };
}

const text: Schema = { type: 'string' };
const texts: Schema = { type: 'array', items: text, 'x-kubernetes-list-type': 'atomic' };

const schema: Schema = {
  type: 'object',
  description: 'Asks whether a user, by default who asks, may do something.',
  properties: {
    namespace: text,
    verb: text,
    resourceAPIGroup: text,
    resourceAPIVersion: text,
    resource: text,
    resourceName: text,
    path: text,
    isNonResourceURL: { type: 'boolean' },
    content: { type: 'object', description: 'Not looked at.', 'x-kubernetes-preserve-unknown-fields': true },
    user: text,
    groups: texts,
    scopes: texts,
  },
};
