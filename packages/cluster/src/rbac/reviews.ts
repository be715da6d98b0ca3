import {
  invalidValue,
  type Attributes,
  type Authorizer,
  type ResourceDefinition,
  type UserInfo,
  type VirtualRequest,
} from '@longshore/apiserver';
import { invalid, badRequest, type KubeObject, type Schema, type StatusCause } from '@longshore/kube';
import type { RbacAuthorizer } from './authorizer.js';
import type { PolicyRule } from './policy-rule.js';

const GROUP = 'authorization.k8s.io';

interface ResourceAttributes {
  namespace?: string;
  verb?: string;
  group?: string;
  version?: string;
  resource?: string;
  subresource?: string;
  name?: string;
}

interface ReviewSpec {
  resourceAttributes?: ResourceAttributes;
  nonResourceAttributes?: { path?: string; verb?: string };
  user?: string;
  groups?: string[];
  uid?: string;
  extra?: Record<string, string[]>;
}

interface AccessReview extends KubeObject {
  spec: ReviewSpec;
}

/** SubjectAccessReview, its Self- and Local- forms, and SelfSubjectRulesReview (Kubernetes authorization API). */
export function accessReviewDefinitions(authorizer: Authorizer, rules: RbacAuthorizer): ResourceDefinition[] {
  const review = (object: KubeObject, request: VirtualRequest, kind: ReviewKind) =>
    answer(authorizer, object as AccessReview, request, kind);
  return [
    definition('SubjectAccessReview', 'Cluster', subjectSchema, (object, request) =>
      review(object, request, 'Subject'),
    ),
    definition('SelfSubjectAccessReview', 'Cluster', selfSchema, (object, request) => review(object, request, 'Self')),
    definition('LocalSubjectAccessReview', 'Namespaced', subjectSchema, (object, request) =>
      review(object, request, 'Local'),
    ),
    definition('SelfSubjectRulesReview', 'Cluster', rulesSchema, (object, request) =>
      listRules(rules, object, request),
    ),
  ];
}

type ReviewKind = 'Subject' | 'Self' | 'Local';

function definition(
  kind: string,
  scope: 'Namespaced' | 'Cluster',
  schema: Schema,
  create: (object: KubeObject, request: VirtualRequest) => Promise<KubeObject>,
): ResourceDefinition {
  const singular = kind.toLowerCase();
  return {
    group: GROUP,
    version: 'v1',
    plural: `${singular}s`,
    singular,
    kind,
    scope,
    schema,
    backend: { type: 'virtual', review: true, create },
  };
}

async function answer(authorizer: Authorizer, review: AccessReview, request: VirtualRequest, kind: ReviewKind) {
  const problems = [...validate(review.spec, kind), ...localProblems(review.spec, request.namespace, kind)];
  if (problems.length > 0) throw invalid({ group: GROUP, kind: review.kind }, '', problems);
  const user = kind === 'Self' ? request.user : namedUser(review.spec);
  const { allowed, reason } = await authorizer.authorize(attributesOf(review.spec, user), request.signal);
  return { ...review, status: { allowed, ...(reason !== undefined && { reason }) } };
}

function namedUser({ user = '', groups = [], uid, extra }: ReviewSpec): UserInfo {
  return { username: user, groups, ...(uid !== undefined && { uid }), ...(extra !== undefined && { extra }) };
}

function attributesOf({ resourceAttributes, nonResourceAttributes }: ReviewSpec, user: UserInfo): Attributes {
  if (resourceAttributes === undefined) {
    return { user, verb: nonResourceAttributes?.verb ?? '', path: nonResourceAttributes?.path ?? '' };
  }
  const {
    verb = '',
    group = '',
    version = '',
    resource = '',
    subresource = '',
    name = '',
    namespace = '',
  } = resourceAttributes;
  return { user, verb, group, version, resource, subresource, name, namespace };
}

function validate({ resourceAttributes, nonResourceAttributes, user = '', groups = [] }: ReviewSpec, kind: ReviewKind) {
  const problems: StatusCause[] = [];
  if (resourceAttributes !== undefined && nonResourceAttributes !== undefined) {
    problems.push(
      invalidValue('spec.nonResourceAttributes', null, 'cannot be specified in combination with resourceAttributes'),
    );
  }
  if (resourceAttributes === undefined && nonResourceAttributes === undefined) {
    problems.push(
      invalidValue(
        'spec.resourceAttributes',
        null,
        'exactly one of nonResourceAttributes or resourceAttributes must be specified',
      ),
    );
  }
  if (kind !== 'Self' && user === '' && groups.length === 0) {
    problems.push(invalidValue('spec.user', user, 'at least one of user or group must be specified'));
  }
  return problems;
}

function localProblems({ resourceAttributes, nonResourceAttributes }: ReviewSpec, namespace: string, kind: ReviewKind) {
  if (kind !== 'Local') return [];
  const problems: StatusCause[] = [];
  if (resourceAttributes !== undefined && (resourceAttributes.namespace ?? '') !== namespace) {
    problems.push(
      invalidValue(
        'spec.resourceAttributes.namespace',
        resourceAttributes.namespace ?? '',
        'must match metadata.namespace',
      ),
    );
  }
  if (nonResourceAttributes !== undefined) {
    problems.push(invalidValue('spec.nonResourceAttributes', null, 'disallowed on this kind of request'));
  }
  return problems;
}

function listRules(authorizer: RbacAuthorizer, review: KubeObject, request: VirtualRequest): Promise<KubeObject> {
  const { namespace = '' } = review.spec as { namespace?: string };
  if (namespace === '') throw badRequest('no namespace on request');
  const rules = authorizer.rulesFor(request.user, namespace);
  const resourceRules = rules.filter(({ resources = [] }) => resources.length > 0).map(withoutPaths);
  const nonResourceRules = rules.flatMap(({ verbs, nonResourceURLs = [] }) =>
    nonResourceURLs.length > 0 ? [{ verbs, nonResourceURLs }] : [],
  );
  return Promise.resolve({ ...review, status: { resourceRules, nonResourceRules, incomplete: false } });
}

function withoutPaths({ verbs, apiGroups, resources, resourceNames }: PolicyRule): PolicyRule {
  return {
    verbs,
    ...(apiGroups && { apiGroups }),
    ...(resources && { resources }),
    ...(resourceNames && resourceNames.length > 0 && { resourceNames }),
  };
}

const text: Schema = { type: 'string' };
const texts: Schema = { type: 'array', items: text, 'x-kubernetes-list-type': 'atomic' };
const anything: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

const attributesSchemas = {
  resourceAttributes: {
    type: 'object',
    description: 'What is asked for, when it is a resource.',
    properties: {
      namespace: text,
      verb: text,
      group: text,
      version: text,
      resource: text,
      subresource: text,
      name: text,
    },
  },
  nonResourceAttributes: {
    type: 'object',
    description: 'What is asked for, when it is a path.',
    properties: { path: text, verb: text },
  },
} satisfies Record<string, Schema>;

const withSpec = (spec: Schema): Schema => ({
  type: 'object',
  required: ['spec'],
  properties: { spec, status: anything },
});

const selfSchema = withSpec({ type: 'object', properties: attributesSchemas });
const subjectSchema = withSpec({
  type: 'object',
  properties: {
    ...attributesSchemas,
    user: text,
    groups: texts,
    uid: text,
    extra: { type: 'object', additionalProperties: texts },
  },
});
const rulesSchema = withSpec({ type: 'object', properties: { namespace: text } });
