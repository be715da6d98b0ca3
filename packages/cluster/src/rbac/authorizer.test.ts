import type { Attributes } from '@longshore/apiserver';
import { describe, expect, it } from 'vitest';
import { RbacAuthorizer } from './authorizer.js';
import { RBAC_API_VERSION, RBAC_GROUP, type Binding, type Role, type Subject } from './objects.js';
import type { PolicyRule } from './policy-rule.js';
import { RbacIndex } from './rbac-index.js';

const rule = (
  apiGroups: string[],
  resources: string[],
  verbs: string[],
  more: Partial<PolicyRule> = {},
): PolicyRule => ({
  verbs,
  apiGroups,
  resources,
  ...more,
});

function role(name: string, rules: PolicyRule[], namespace?: string): Role {
  const kind = namespace === undefined ? 'ClusterRole' : 'Role';
  return { apiVersion: RBAC_API_VERSION, kind, metadata: { name, namespace }, rules };
}

function bind(kind: 'Role' | 'ClusterRole', name: string, subject: Subject, namespace?: string): Binding {
  return {
    apiVersion: RBAC_API_VERSION,
    kind: namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding',
    metadata: { name: `${name}-${subject.name}`, namespace },
    roleRef: { apiGroup: RBAC_GROUP, kind, name },
    subjects: [subject],
  };
}

const alice: Subject = { kind: 'User', apiGroup: RBAC_GROUP, name: 'alice' };
const developers: Subject = { kind: 'Group', apiGroup: RBAC_GROUP, name: 'developers' };
const builder: Subject = { kind: 'ServiceAccount', name: 'builder', namespace: 'shop' };

function authorizer(roles: Role[], bindings: Binding[]): RbacAuthorizer {
  const index = new RbacIndex();
  for (const each of roles) index.setRole(each.metadata.namespace ?? '', each.metadata.name ?? '', each);
  for (const each of bindings) index.setBinding(each.metadata.namespace ?? '', each.metadata.name ?? '', each);
  return new RbacAuthorizer(index);
}

type Asked = Partial<Extract<Attributes, { resource: string }>>;
const ask = (asked: Asked, username = 'alice', groups: string[] = []): Attributes => ({
  user: { username, groups },
  verb: 'get',
  group: '',
  version: 'v1',
  resource: 'pods',
  subresource: '',
  name: '',
  namespace: 'shop',
  ...asked,
});

describe('RbacAuthorizer', () => {
  const cases: [string, PolicyRule, Asked, boolean][] = [
    ['the resource and verb', rule([''], ['pods'], ['get']), {}, true],
    ['another verb', rule([''], ['pods'], ['list']), {}, false],
    ['another group', rule(['apps'], ['pods'], ['get']), {}, false],
    ['all verbs', rule([''], ['pods'], ['*']), { verb: 'evict' }, true],
    ['all groups', rule(['*'], ['pods'], ['get']), { group: 'metrics.k8s.io' }, true],
    ['all resources', rule([''], ['*'], ['get']), { resource: 'secrets' }, true],
    ['all resources, a subresource', rule([''], ['*'], ['get']), { subresource: 'log' }, true],
    ['no subresource by its resource', rule([''], ['pods'], ['get']), { subresource: 'log' }, false],
    ['a subresource', rule([''], ['pods/log'], ['get']), { subresource: 'log' }, true],
    ['a subresource of all', rule([''], ['*/log'], ['get']), { subresource: 'log' }, true],
    ['a slash in the resource', rule([''], ['is/layers'], ['get']), { resource: 'is/layers' }, true],
    ['a named object', rule([''], ['pods'], ['get'], { resourceNames: ['a'] }), { name: 'a' }, true],
    ['another name', rule([''], ['pods'], ['get'], { resourceNames: ['a'] }), { name: 'b' }, false],
    ['no name where one is needed', rule([''], ['pods'], ['list'], { resourceNames: ['a'] }), { verb: 'list' }, false],
  ];

  it.each(cases)('decides: %s', (_name, given, asked, allowed) => {
    const roles = [role('r', [given], 'shop')];
    const decision = authorizer(roles, [bind('Role', 'r', alice, 'shop')]).decide(ask(asked));
    expect(decision.allowed).toBe(allowed);
  });

  const reader = role('reader', [rule([''], ['pods'], ['get'])]);

  it('gives in one namespace what a role binding gives, and everywhere what a cluster role binding gives', () => {
    const inShop = authorizer([reader], [bind('ClusterRole', 'reader', alice, 'shop')]);
    expect(inShop.decide(ask({})).allowed).toBe(true);
    expect(inShop.decide(ask({ namespace: 'bank' })).allowed).toBe(false);
    expect(inShop.decide(ask({ namespace: '' })).allowed).toBe(false);
    const everywhere = authorizer([reader], [bind('ClusterRole', 'reader', alice)]);
    for (const namespace of ['shop', 'bank', '']) expect(everywhere.decide(ask({ namespace })).allowed).toBe(true);
  });

  it('knows groups and service accounts, and says why it allows', () => {
    const both = authorizer(
      [reader],
      [bind('ClusterRole', 'reader', developers), bind('ClusterRole', 'reader', builder, 'shop')],
    );
    expect(both.decide(ask({}, 'bob', ['developers']))).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by ClusterRoleBinding "reader-developers" of ClusterRole "reader" to Group "developers"',
    });
    expect(both.decide(ask({}, 'system:serviceaccount:shop:builder')).reason).toBe(
      'RBAC: allowed by RoleBinding "reader-builder/shop" of ClusterRole "reader" to ServiceAccount "builder/shop"',
    );
    expect(both.decide(ask({}, 'system:serviceaccount:bank:builder')).allowed).toBe(false);
    expect(both.decide(ask({}, 'developers')).allowed).toBe(false);
  });

  it('allows everything to system:masters', () => {
    expect(authorizer([], []).decide(ask({ verb: 'delete' }, 'root', ['system:masters'])).allowed).toBe(true);
  });

  it.each([
    ['/healthz', '/healthz', true],
    ['/healthz', '/healthz/etcd', false],
    ['/healthz/*', '/healthz/etcd', true],
    ['*', '/anything', true],
  ])('gives the path %s for %s: %s', (pattern, path, allowed) => {
    const paths = role('paths', [{ verbs: ['get'], nonResourceURLs: [pattern] }]);
    const decides = authorizer([paths], [bind('ClusterRole', 'paths', alice)]);
    expect(decides.decide({ user: { username: 'alice', groups: [] }, verb: 'get', path }).allowed).toBe(allowed);
  });

  it('forgets what is deleted or changed', () => {
    const index = new RbacIndex();
    const decides = new RbacAuthorizer(index);
    const binding = bind('ClusterRole', 'reader', alice);
    index.setRole('', 'reader', reader);
    index.setBinding('', 'b', binding);
    expect(decides.decide(ask({})).allowed).toBe(true);
    index.setBinding('', 'b', { ...binding, subjects: [developers] });
    expect(decides.decide(ask({})).allowed).toBe(false);
    index.setBinding('', 'b', binding);
    index.setRole('', 'reader', undefined);
    expect(decides.decide(ask({})).allowed).toBe(false);
    index.setRole('', 'reader', reader);
    index.setBinding('', 'b', undefined);
    expect(decides.decide(ask({})).allowed).toBe(false);
  });
});
