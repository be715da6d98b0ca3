import { describe, expect, it } from 'vitest';
import { RBAC_API_VERSION, RBAC_GROUP, type Binding, type ClusterRole } from './objects.js';
import { setBindingDefaults, validateBinding, validateBindingUpdate, validateRole } from './validation.js';

const role = (fields: Partial<ClusterRole>): ClusterRole => ({
  apiVersion: RBAC_API_VERSION,
  kind: 'ClusterRole',
  metadata: { name: 'r' },
  ...fields,
});

const texts = (causes: { field?: string; message?: string }[]) =>
  causes.map(({ field, message }) => `${field}: ${message}`);

describe('validateRole', () => {
  it.each<[Partial<ClusterRole>, boolean, string[]]>([
    [{ rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }] }, true, []],
    [{}, true, []],
    [
      { rules: [{ verbs: [], apiGroups: [], resources: [] }] },
      true,
      [
        'rules[0].verbs: Required value: verbs must contain at least one value',
        'rules[0].apiGroups: Required value: resource rules must supply at least one api group',
        'rules[0].resources: Required value: resource rules must supply at least one resource',
      ],
    ],
    [
      { rules: [{ verbs: ['get'], nonResourceURLs: ['/a'] }] },
      true,
      ['rules[0].nonResourceURLs: Invalid value: []string{"/a"}: namespaced rules cannot apply to non-resource URLs'],
    ],
    [
      { rules: [{ verbs: ['get'], nonResourceURLs: ['/a'], resources: ['pods'] }] },
      false,
      [
        'rules[0].nonResourceURLs: Invalid value: []string{"/a"}: rules cannot apply to both regular resources and non-resource URLs',
      ],
    ],
    [
      { aggregationRule: {} },
      false,
      [
        'aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil',
      ],
    ],
  ])('%j', (fields, namespaced, problems) => {
    expect(texts(validateRole(role(fields), namespaced))).toEqual(problems);
  });
});

const binding = (fields: Partial<Binding>): Binding => ({
  apiVersion: RBAC_API_VERSION,
  kind: 'RoleBinding',
  metadata: { name: 'b', namespace: 'ns' },
  roleRef: { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name: 'view' },
  ...fields,
});

describe('validateBinding', () => {
  it('takes what clients write after filling the groups', () => {
    const written = binding({
      roleRef: { apiGroup: '', kind: 'Role', name: 'r' },
      subjects: [
        { kind: 'User', name: 'alice' },
        { kind: 'Group', name: 'developers' },
        { kind: 'ServiceAccount', name: 'builder', namespace: 'ns' },
      ],
    });
    setBindingDefaults(written);
    expect(validateBinding(written, false)).toEqual([]);
    expect(written.subjects?.map(({ apiGroup }) => apiGroup)).toEqual([RBAC_GROUP, RBAC_GROUP, undefined]);
  });

  it('names each wrong part', () => {
    const wrong = binding({
      roleRef: { apiGroup: 'apps', kind: 'Role', name: '' },
      subjects: [
        { kind: 'ServiceAccount', apiGroup: RBAC_GROUP, name: 'x' },
        { kind: 'User', apiGroup: '', name: '' },
        { kind: 'Robot' as 'User', name: 'r' },
        { kind: 'ServiceAccount', name: 'a:b', namespace: 'ns' },
      ],
    });
    expect(texts(validateBinding(wrong, true))).toEqual([
      `roleRef.apiGroup: Unsupported value: "apps": supported values: "${RBAC_GROUP}"`,
      'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
      'roleRef.name: Required value',
      `subjects[0].apiGroup: Unsupported value: "${RBAC_GROUP}": supported values: ""`,
      'subjects[0].namespace: Required value',
      'subjects[1].name: Required value',
      `subjects[1].apiGroup: Unsupported value: "": supported values: "${RBAC_GROUP}"`,
      'subjects[2].kind: Unsupported value: "Robot": supported values: "Group", "ServiceAccount", "User"',
      expect.stringMatching(/^subjects\[3\]\.name: Invalid value: "a:b": a lowercase RFC 1123 subdomain/) as string,
    ]);
  });

  it('stands for one role for ever', () => {
    const old = binding({});
    expect(validateBindingUpdate(binding({ subjects: [] }), old)).toEqual([]);
    const changed = binding({ roleRef: { apiGroup: RBAC_GROUP, kind: 'ClusterRole', name: 'edit' } });
    expect(texts(validateBindingUpdate(changed, old))).toEqual([
      `roleRef: Invalid value: rbac.RoleRef{APIGroup:"${RBAC_GROUP}", Kind:"ClusterRole", Name:"edit"}: cannot change roleRef`,
    ]);
  });
});
