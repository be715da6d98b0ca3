import { beforeEach, describe, expect, it } from 'vitest';
import { RBAC_API_VERSION, RBAC_GROUP, type Binding, type Role, type Subject } from './objects.js';
import { RbacIndex } from './rbac-index.js';

const alice = { username: 'alice', groups: ['bakers'] };
const robot = { username: 'system:serviceaccount:shop:robot', groups: [] };

function binding(namespace: string, subject: Pick<Subject, 'kind' | 'name'>, role = 'getter'): Binding {
  return {
    apiVersion: RBAC_API_VERSION,
    kind: namespace === '' ? 'ClusterRoleBinding' : 'RoleBinding',
    metadata: { name: 'b', ...(namespace !== '' && { namespace }) },
    roleRef: { apiGroup: RBAC_GROUP, kind: role === 'own' ? 'Role' : 'ClusterRole', name: role },
    subjects: [subject],
  };
}

function role(verb: string): Role {
  const rules = [{ verbs: [verb], apiGroups: [''], resources: ['namespaces'] }];
  return { apiVersion: RBAC_API_VERSION, kind: 'Role', metadata: {}, rules };
}

const toAlice = { kind: 'User', name: 'alice' } as const;

describe('RbacIndex.follow', () => {
  let index: RbacIndex;
  beforeEach(() => {
    index = new RbacIndex();
  });

  it.each<[what: string, user: typeof alice, change: () => void, namespaces: string[]]>([
    ['a binding', alice, () => index.setBinding('shop', 'b', binding('shop', toAlice)), ['shop']],
    [
      'one to a group',
      alice,
      () => index.setBinding('shop', 'b', binding('shop', { kind: 'Group', name: 'bakers' })),
      ['shop'],
    ],
    [
      'one to a service account',
      robot,
      () => index.setBinding('shop', 'b', binding('shop', { kind: 'ServiceAccount', name: 'robot' })),
      ['shop'],
    ],
    [
      'one to somebody else',
      alice,
      () => index.setBinding('shop', 'b', binding('shop', { kind: 'User', name: 'bob' })),
      [],
    ],
    ['one in the cluster', alice, () => index.setBinding('', 'b', binding('', toAlice)), ['']],
    ['a role that nobody has', alice, () => index.setRole('', 'getter', role('get')), []],
  ])('tells of %s', (_what, user, change, namespaces) => {
    const told: string[] = [];
    index.follow(user, (namespace) => told.push(namespace));
    change();
    expect(told).toEqual(namespaces);
  });

  it.each<[what: string, change: () => void, namespaces: string[]]>([
    ['the end of a binding', () => index.setBinding('shop', 'b', undefined), ['shop']],
    [
      'a binding that goes to somebody else',
      () => index.setBinding('mill', 'b', binding('mill', { kind: 'User', name: 'bob' }, 'own')),
      ['mill'],
    ],
    ['another role of the cluster', () => index.setRole('', 'getter', role('list')), ['shop']],
    ['the end of a role', () => index.setRole('mill', 'own', undefined), ['mill']],
    ['a role of the same rules', () => index.setRole('mill', 'own', role('get')), []],
    ['a role of this name elsewhere', () => index.setRole('shop', 'own', role('get')), []],
  ])('tells of %s, until it is ended', (_what, change, namespaces) => {
    index.setBinding('shop', 'b', binding('shop', toAlice));
    index.setBinding('mill', 'b', binding('mill', toAlice, 'own'));
    index.setRole('', 'getter', role('get'));
    index.setRole('mill', 'own', role('get'));
    const [told, toldBefore]: [string[], string[]] = [[], []];
    index.follow(alice, (namespace) => told.push(namespace));
    index.follow(alice, (namespace) => toldBefore.push(namespace))();
    change();
    expect(told).toEqual(namespaces);
    expect(toldBefore).toEqual([]);
  });
});
