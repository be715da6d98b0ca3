import type { StoredBackend, WriteContext } from '@longshore/apiserver';
import { describe, expect, it } from 'vitest';
import { RbacAuthorizer } from './authorizer.js';
import { rbacDefinitions } from './definitions.js';
import { RBAC_API_VERSION, RBAC_GROUP, type Binding, type ClusterRole } from './objects.js';
import { RbacIndex } from './rbac-index.js';

const READS = [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }];
const WRITES = [{ verbs: ['create'], apiGroups: [''], resources: ['pods'] }];
const AGGREGATION = { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } };

const HANDED_ON = { metadata: { name: 'a', labels: { 'rbac.authorization.k8s.io/aggregate-to-edit': 'true' } } };
const COLLECTED = {
  metadata: { name: 'a', resourceVersion: '2', finalizers: ['foregroundDeletion'], ownerReferences: [] },
};

const role = (name: string, rules: ClusterRole['rules'] = [], more: Partial<ClusterRole> = {}): ClusterRole => ({
  apiVersion: RBAC_API_VERSION,
  kind: 'ClusterRole',
  metadata: { name },
  rules,
  ...more,
});
const binding = (name: string, to: string): Binding => ({
  apiVersion: RBAC_API_VERSION,
  kind: 'ClusterRoleBinding',
  metadata: { name },
  roleRef: { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name: to },
  subjects: [{ kind: 'User', apiGroup: RBAC_GROUP, name: 'alice' }],
});

/** Whether alice, who reads pods, may do this to roles and bindings. */
function outcome(plural: string, write: (backend: StoredBackend, context: WriteContext) => unknown): string {
  const index = new RbacIndex();
  index.setRole('', 'reader', role('reader', READS));
  index.setRole('', 'writer', role('writer', WRITES));
  index.setBinding('', 'alice', binding('alice', 'reader'));
  const definitions = rbacDefinitions({ index, authorizer: new RbacAuthorizer(index) });
  const backend = definitions.find((definition) => definition.plural === plural)?.backend as StoredBackend;
  const context = { user: { username: 'alice', groups: [] } } as unknown as WriteContext;
  try {
    write(backend, context);
    return 'done';
  } catch (error) {
    return (error as { reason: string }).reason;
  }
}

describe('granting', () => {
  const create = (object: ClusterRole | Binding) => (backend: StoredBackend, context: WriteContext) =>
    backend.prepareForCreate?.(object, context);
  const update = (object: ClusterRole, old: ClusterRole) => (backend: StoredBackend, context: WriteContext) =>
    backend.prepareForUpdate?.(object, old, context);

  it.each([
    ['a role of what is held', 'clusterroles', create(role('new', READS)), 'done'],
    ['a role of more', 'clusterroles', create(role('new', WRITES)), 'Forbidden'],
    ['a role that others fill', 'clusterroles', create(role('new', [], AGGREGATION)), 'Forbidden'],
    ['more in a role', 'clusterroles', update(role('a', WRITES), role('a', READS)), 'Forbidden'],
    [
      'what a role gives, by a label',
      'clusterroles',
      update(role('a', WRITES, HANDED_ON), role('a', WRITES)),
      'Forbidden',
    ],
    ['what is held, by a label', 'clusterroles', update(role('a', READS, HANDED_ON), role('a', READS)), 'done'],
    ['a role its end', 'clusterroles', update(role('a', WRITES, COLLECTED), role('a', WRITES)), 'done'],
    ['that others fill a role', 'clusterroles', update(role('a', [], AGGREGATION), role('a')), 'Forbidden'],
    ['that others fill it no longer', 'clusterroles', update(role('a'), role('a', [], AGGREGATION)), 'Forbidden'],
    ['a binding to what is held', 'clusterrolebindings', create(binding('new', 'reader')), 'done'],
    ['a binding to more', 'clusterrolebindings', create(binding('new', 'writer')), 'Forbidden'],
    ['a binding to what may come', 'clusterrolebindings', create(binding('new', 'none')), 'NotFound'],
  ])('%s', (_what, plural, write, expected) => {
    expect(outcome(plural, write)).toBe(expected);
  });
});
