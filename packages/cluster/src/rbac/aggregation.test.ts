import { describe, expect, it } from 'vitest';
import { aggregatedRules, rolesToAggregate } from './aggregation.js';
import { BOOTSTRAP_CLUSTER_ROLE_BINDINGS, BOOTSTRAP_CLUSTER_ROLES } from './bootstrap-roles.js';
import { RBAC_API_VERSION, type ClusterRole } from './objects.js';
import { ruleAllows, type PolicyRule } from './policy-rule.js';
import { validateBinding, validateRole } from './validation.js';

const pods: PolicyRule = { verbs: ['get'], apiGroups: [''], resources: ['pods'] };
const services: PolicyRule = { verbs: ['get'], apiGroups: [''], resources: ['services'] };

function role(name: string, labels: Record<string, string>, rules: PolicyRule[], from?: string): ClusterRole {
  const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { [from ?? '']: 'true' } }] };
  return {
    apiVersion: RBAC_API_VERSION,
    kind: 'ClusterRole',
    metadata: { name, labels },
    rules,
    ...(from !== undefined && { aggregationRule }),
  };
}

describe('aggregatedRules', () => {
  const target = role('view', {}, [], 'to-view');

  it('takes each rule of the roles that the selectors find once, in the order of names', () => {
    const all = [target, role('b', { 'to-view': 'true' }, [services, pods]), role('a', { 'to-view': 'true' }, [pods])];
    expect(aggregatedRules(target, all)).toEqual([pods, services]);
  });

  it('takes nothing from others, nor from itself', () => {
    const self = { ...target, metadata: { name: 'view', labels: { 'to-view': 'true' } }, rules: [pods] };
    expect(aggregatedRules(self, [self, role('c', { 'to-edit': 'true' }, [services])])).toEqual([]);
  });

  it.each([
    [{ key: 'tier', operator: 'In', values: ['web'] }, true],
    [{ key: 'tier', operator: 'NotIn', values: ['web'] }, false],
    [{ key: 'tier', operator: 'Exists' }, true],
    [{ key: 'tier', operator: 'DoesNotExist' }, false],
    [{ key: 'tier', operator: 'Unknown' }, false],
  ])('obeys the expression %j', (expression, found) => {
    const chooser = { ...target, aggregationRule: { clusterRoleSelectors: [{ matchExpressions: [expression] }] } };
    expect(aggregatedRules(chooser, [role('x', { tier: 'web' }, [pods])])).toEqual(found ? [pods] : []);
  });
});

/** The cluster roles as they are when the controller has come to rest. */
function settled(): Map<string, ClusterRole> {
  const roles = new Map(BOOTSTRAP_CLUSTER_ROLES.map((each) => [each.metadata.name ?? '', each]));
  for (let changed = rolesToAggregate([...roles.values()]); changed.length > 0;) {
    for (const each of changed) roles.set(each.metadata.name ?? '', each);
    changed = rolesToAggregate([...roles.values()]);
  }
  return roles;
}

describe('the roles of a new cluster', () => {
  const roles = settled();
  const may = (name: string, verb: string, group: string, resource: string, subresource = '') =>
    (roles.get(name)?.rules ?? []).some((each) =>
      ruleAllows(each, {
        user: { username: 'u', groups: [] },
        verb,
        group,
        version: 'v1',
        resource,
        subresource,
        name: '',
        namespace: 'ns',
      }),
    );

  it('are valid, and bound to roles that exist', () => {
    for (const each of BOOTSTRAP_CLUSTER_ROLES) expect(validateRole(each, false)).toEqual([]);
    for (const each of BOOTSTRAP_CLUSTER_ROLE_BINDINGS) {
      expect(validateBinding(each, true)).toEqual([]);
      expect(roles.has(each.roleRef.name)).toBe(true);
    }
  });

  const image = 'image.openshift.io';
  it.each<[string, string, string, string, string, boolean]>([
    ['view', 'list', '', 'pods', '', true],
    ['view', 'get', '', 'secrets', '', false],
    ['view', 'get', image, 'imagestreams', 'layers', true],
    ['view', 'update', image, 'imagestreams', 'layers', false],
    ['edit', 'get', '', 'secrets', '', true],
    ['edit', 'list', '', 'pods', '', true],
    ['edit', 'update', image, 'imagestreams', 'layers', true],
    ['edit', 'create', 'rbac.authorization.k8s.io', 'rolebindings', '', false],
    ['edit', 'patch', '', 'services', '', true],
    ['edit', 'create', '', 'events', '', true],
    ['edit', 'get', '', 'endpoints', '', true],
    ['edit', 'update', '', 'endpoints', '', false],
    ['edit', 'create', 'discovery.k8s.io', 'endpointslices', '', false],
    ['edit', 'update', 'apps', 'controllerrevisions', '', false],
    ['edit', 'create', 'route.openshift.io', 'routes', 'custom-host', true],
    ['edit', 'update', 'route.openshift.io', 'routes', 'custom-host', false],
    ['admin', 'create', 'rbac.authorization.k8s.io', 'rolebindings', '', true],
    ['admin', 'delete', 'apps', 'deployments', '', true],
    ['cluster-reader', 'list', 'config.openshift.io', 'clusteroperators', '', true],
    ['cluster-reader', 'list', '', 'secrets', '', false],
    ['cluster-reader', 'get', image, 'imagestreams', 'secrets', false],
    // registry.md 2.3, what each role gives and what the next one adds
    ['registry-viewer', 'get', image, 'imagestreams', 'layers', true],
    ['registry-viewer', 'watch', image, 'imagestreamtags', '', true],
    ['registry-viewer', 'list', image, 'imagetags', '', true],
    ['registry-viewer', 'get', image, 'imagestreamimages', '', true],
    ['registry-viewer', 'get', 'project.openshift.io', 'projects', '', true],
    ['registry-viewer', 'update', image, 'imagestreams', 'layers', false],
    ['registry-viewer', 'create', image, 'imagestreams', '', false],
    ['registry-viewer', 'create', image, 'imagestreamimports', '', false],
    ['registry-viewer', 'get', image, 'imagestreams', 'secrets', false],
    ['registry-editor', 'create', image, 'imagestreams', '', true],
    ['registry-editor', 'deletecollection', image, 'imagestreamtags', '', true],
    ['registry-editor', 'create', image, 'imagestreamimports', '', true],
    ['registry-editor', 'create', image, 'imagestreammappings', '', true],
    ['registry-editor', 'update', image, 'imagestreams', 'layers', true],
    ['registry-editor', 'get', image, 'imagestreams', 'secrets', true],
    ['registry-editor', 'patch', '', 'serviceaccounts', '', true],
    ['registry-editor', 'create', '', 'secrets', '', true],
    ['registry-editor', 'create', image, 'images', '', false],
    ['registry-editor', 'create', 'authorization.openshift.io', 'rolebindings', '', false],
    ['registry-admin', 'create', 'rbac.authorization.k8s.io', 'roles', '', true],
    ['registry-admin', 'delete', 'authorization.openshift.io', 'rolebindings', '', true],
    ['registry-admin', 'create', 'authorization.k8s.io', 'localsubjectaccessreviews', '', true],
    ['registry-admin', 'delete', 'project.openshift.io', 'projects', '', true],
    ['registry-admin', 'delete', image, 'images', '', false],
    ['system:image-puller', 'get', image, 'imagestreams', 'layers', true],
    ['system:image-puller', 'update', image, 'imagestreams', 'layers', false],
    ['system:image-puller', 'get', image, 'imagestreams', '', false],
    ['system:image-pusher', 'update', image, 'imagestreams', 'layers', true],
    ['system:image-pusher', 'create', image, 'imagestreams', '', false],
    ['system:image-builder', 'create', image, 'imagestreams', '', true],
    ['system:image-builder', 'update', 'build.openshift.io', 'builds', 'details', true],
    ['system:image-builder', 'delete', image, 'imagestreams', '', false],
    ['system:image-signer', 'create', image, 'imagesignatures', '', true],
    ['system:image-signer', 'get', image, 'images', '', true],
    ['system:image-signer', 'update', image, 'images', '', false],
    ['system:image-signer', 'update', image, 'imagestreams', 'layers', false],
    ['system:image-auditor', 'patch', image, 'images', '', true],
    ['system:image-auditor', 'delete', image, 'images', '', false],
    ['system:registry', 'create', 'authorization.k8s.io', 'subjectaccessreviews', '', true],
    ['system:registry', 'create', image, 'imagestreammappings', '', true],
    ['system:registry', 'get', image, 'imagestreams', 'secrets', true],
    ['system:registry', 'delete', image, 'imagestreamtags', '', true],
    ['system:registry', 'delete', image, 'images', '', false],
    ['system:registry', 'get', '', 'secrets', '', false],
    ['system:image-pruner', 'update', image, 'imagestreams', 'status', true],
    ['system:image-pruner', 'delete', image, 'images', '', true],
    ['system:image-pruner', 'list', 'apps', 'statefulsets', '', true],
    ['system:image-pruner', 'update', image, 'imagestreams', '', false],
    ['system:image-pruner', 'list', '', 'secrets', '', false],
  ])('let %s %s %s/%s/%s: %s', (name, verb, group, resource, subresource, allowed) => {
    expect(may(name, verb, group, resource, subresource)).toBe(allowed);
  });
});
