import {
  ageSince,
  type ResourceDefinition,
  type StoredBackend,
  type TableColumn,
  type WriteContext,
} from '@longshore/apiserver';
import { forbidden, jsonEqual, notFound, type KubeObject } from '@longshore/kube';
import type { RbacAuthorizer } from './authorizer.js';
import { uncovered } from './escalation.js';
import { RBAC_GROUP, type Binding, type ClusterRole } from './objects.js';
import { formatRule, quoteList, type PolicyRule } from './policy-rule.js';
import type { RbacIndex } from './rbac-index.js';
import { bindingSchema, clusterRoleSchema, roleSchema } from './schemas.js';
import { setBindingDefaults, validateBinding, validateBindingUpdate, validateRole } from './validation.js';

/** What the checks against granting more than one holds work with. */
export interface EscalationGuard {
  index: RbacIndex;
  authorizer: RbacAuthorizer;
}

const common = { group: RBAC_GROUP, version: 'v1' } as const;

const createdAt: TableColumn = {
  name: 'Created At',
  type: 'date',
  value: ({ metadata }) => metadata.creationTimestamp ?? null,
};

/** The four kinds of `rbac.authorization.k8s.io/v1`; what is written is told to the index. */
export function rbacDefinitions(guard: EscalationGuard): ResourceDefinition[] {
  return [
    roleDefinition(guard, true),
    roleDefinition(guard, false),
    bindingDefinition(guard, true),
    bindingDefinition(guard, false),
  ] as ResourceDefinition[];
}

function roleDefinition(guard: EscalationGuard, namespaced: boolean): ResourceDefinition<ClusterRole> {
  const plural = namespaced ? 'roles' : 'clusterroles';
  const backend: StoredBackend<ClusterRole> = {
    type: 'stored',
    name: 'path-segment',
    generation: false,
    createOnUpdate: true,
    validate: (role) => validateRole(role, namespaced),
    prepareForCreate: (role, context) => mayGrant(guard, context, plural, role),
    prepareForUpdate: (role, old, context) => {
      // A label may hand what a role gives on to roles that others hold, so it is judged as the rules are.
      if (!isSameButForCollection(role, old)) mayGrant(guard, context, plural, role, old);
    },
    afterWrite: (role, old) => {
      const { namespace = '', name = '' } = (role ?? old)?.metadata ?? {};
      guard.index.setRole(namespace, name, role);
    },
  };
  return {
    ...common,
    plural,
    singular: plural.slice(0, -1),
    kind: namespaced ? 'Role' : 'ClusterRole',
    scope: namespaced ? 'Namespaced' : 'Cluster',
    schema: namespaced ? roleSchema : clusterRoleSchema,
    columns: [createdAt],
    backend,
  };
}

function bindingDefinition(guard: EscalationGuard, namespaced: boolean): ResourceDefinition<Binding> {
  const plural = namespaced ? 'rolebindings' : 'clusterrolebindings';
  const backend: StoredBackend<Binding> = {
    type: 'stored',
    name: 'path-segment',
    generation: false,
    createOnUpdate: true,
    setDefaults: setBindingDefaults,
    validate: (binding) => validateBinding(binding, !namespaced),
    validateUpdate: validateBindingUpdate,
    prepareForCreate: (binding, context) => mayBind(guard, context, plural, binding),
    prepareForUpdate: (binding, old, context) => {
      if (JSON.stringify(binding.subjects) === JSON.stringify(old.subjects)) return;
      mayBind(guard, context, plural, binding);
    },
    afterWrite: (binding, old) => {
      const { namespace = '', name = '' } = (binding ?? old)?.metadata ?? {};
      guard.index.setBinding(namespace, name, binding);
    },
  };
  return {
    ...common,
    plural,
    singular: plural.slice(0, -1),
    kind: namespaced ? 'RoleBinding' : 'ClusterRoleBinding',
    scope: namespaced ? 'Namespaced' : 'Cluster',
    schema: bindingSchema,
    columns: bindingColumns as TableColumn[],
    backend,
  };
}

const subjectsOf = (kind: string) => (binding: Binding) =>
  (binding.subjects ?? [])
    .filter((subject) => subject.kind === kind)
    .map(({ namespace, name }) => (kind === 'ServiceAccount' ? `${namespace}/${name}` : name))
    .join(', ');

const bindingColumns: TableColumn<Binding>[] = [
  { name: 'Role', type: 'string', value: ({ roleRef }) => `${roleRef.kind}/${roleRef.name}` },
  { name: 'Age', type: 'string', value: ({ metadata }, now) => ageSince(metadata.creationTimestamp, now) },
  { name: 'Users', type: 'string', priority: 1, value: subjectsOf('User') },
  { name: 'Groups', type: 'string', priority: 1, value: subjectsOf('Group') },
  { name: 'ServiceAccounts', type: 'string', priority: 1, value: subjectsOf('ServiceAccount') },
];

/** Whether two states of an object differ at most in what garbage collection writes (`IsOnlyMutatingGCFields`). */
function isSameButForCollection(object: KubeObject, old: KubeObject): boolean {
  const rest = ({ metadata, ...fields }: KubeObject) => {
    const { ownerReferences: _, finalizers: __, resourceVersion: ___, managedFields: ____, ...others } = metadata;
    return { ...fields, metadata: others };
  };
  return jsonEqual(rest(object), rest(old));
}

/** Errors: ApiError `Forbidden` when the writer neither holds all rules of the role nor has the verb `escalate`. */
function mayGrant(
  guard: EscalationGuard,
  context: WriteContext,
  resource: string,
  role: ClusterRole,
  old?: ClusterRole,
): void {
  const isFilledByOthers = role.aggregationRule !== undefined || old?.aggregationRule !== undefined;
  const rules = isFilledByOthers ? EVERYTHING : (role.rules ?? []);
  check(guard, context, {
    resource,
    object: role,
    rules,
    verb: 'escalate',
    target: { resource, name: role.metadata.name },
  });
}

/** Errors: ApiError `Forbidden` when the writer neither holds all rules of the role nor has the verb `bind` for it. */
function mayBind(guard: EscalationGuard, context: WriteContext, resource: string, binding: Binding): void {
  const { namespace = '' } = binding.metadata;
  const target = { resource: binding.roleRef.kind === 'Role' ? 'roles' : 'clusterroles', name: binding.roleRef.name };
  const rules = guard.index.rulesOf(binding.roleRef, namespace);
  if (rules === undefined && !allowed(guard, context, 'bind', namespace, target)) {
    throw notFound({ group: RBAC_GROUP, resource: target.resource }, target.name);
  }
  check(guard, context, { resource, object: binding, rules: rules ?? [], verb: 'bind', target });
}

interface Granting {
  resource: string;
  object: KubeObject;
  rules: readonly PolicyRule[];
  verb: 'escalate' | 'bind';
  target: { resource: string; name: string | undefined };
}

function check(guard: EscalationGuard, context: WriteContext, granting: Granting): void {
  const { resource, object, rules, verb, target } = granting;
  const { namespace = '', name = '' } = object.metadata;
  if (allowed(guard, context, verb, namespace, target)) return;
  const missing = uncovered(guard.authorizer.rulesFor(context.user, namespace), rules);
  if (missing.length === 0) return;
  const { username, groups } = context.user;
  const lines = missing.map(formatRule).sort();
  throw forbidden(
    { group: RBAC_GROUP, resource },
    name,
    `user ${JSON.stringify(username)} (groups=${quoteList(groups)}) is attempting to grant RBAC permissions not currently held:\n${lines.join('\n')}`,
  );
}

function allowed(
  { authorizer }: EscalationGuard,
  { user }: WriteContext,
  verb: string,
  namespace: string,
  { resource, name = '' }: Granting['target'],
): boolean {
  const asked = { user, verb, group: RBAC_GROUP, version: 'v1', resource, subresource: '', name, namespace };
  return authorizer.decide(asked).allowed;
}

/** A role that others fill may come to hold anything. */
const EVERYTHING: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];
