import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emitYaml } from '../../yaml/emit.js';
import { checkAcm } from './check-acm.js';
import type { BaseFolder } from './manifests.js';

const CONFIG = `apiVersion: imageregistry.operator.openshift.io/v1
kind: Config
metadata: {name: cluster}
spec:
  replicas: 1
  routes: [{name: a, hostname: a.example.net}]
`;
const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: [{name: web, image: web:1}, {name: log, image: log:1}]}}}
`;
const map = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`;
const FILES: Record<string, string> = {
  'config.yaml': CONFIG,
  'deployment.yaml': DEPLOYMENT,
  'maps/a.yaml': map('a'),
  'maps/b.yml': `${map('b')}---\n${map('c')}`,
  'maps/README.md': '# no manifest',
  'kustomized/kustomization.yaml': 'resources: []',
  'own-policy.yaml':
    'apiVersion: policy.open-cluster-management.io/v1\nkind: CertificatePolicy\nmetadata: {name: certs}\n',
  'kyverno.yaml': 'apiVersion: kyverno.io/v1\nkind: ClusterPolicy\nmetadata: {name: k}\n',
  'placement.yaml':
    'apiVersion: cluster.open-cluster-management.io/v1beta1\nkind: Placement\nmetadata: {name: mine, namespace: policies}\n',
  'text.yaml': 'just text',
  'empty.yaml': '',
  'openapi.yaml': `definitions:
  Config:
    x-kubernetes-group-version-kind: [{group: imageregistry.operator.openshift.io, version: v1, kind: Config}]
    properties: {spec: {$ref: '#/definitions/Spec'}}
  Spec:
    properties:
      routes: {type: array, x-kubernetes-patch-strategy: merge, x-kubernetes-patch-merge-key: name, items: {type: object}}
`,
};

const base: BaseFolder = {
  list(path) {
    const below = Object.keys(FILES).filter((file) => file.startsWith(`${path}/`));
    if (below.length === 0 && FILES[path] === undefined) throw new Error(`stat ${path}: no such file or directory`);
    return below.length === 0 ? undefined : below.map((file) => posix.basename(file)).sort();
  },
  read(path) {
    const text = FILES[path];
    if (text === undefined) throw new Error(`open ${path}: no such file or directory`);
    return text;
  },
};

const generator = (
  policies: string,
  { defaults = '', more = '' } = {},
) => `apiVersion: policy.open-cluster-management.io/v1
kind: PolicyGenerator
metadata: {name: site-a}
${more}
policyDefaults: {namespace: policies${defaults === '' ? '' : `, ${defaults}`}}
policies:
${policies}
`;

/** What a PolicyGenerator makes: the resources as text by kind and name. */
function made(text: string): Record<string, string> {
  const { objects, findings } = checkAcm('pg.yaml', text, base);
  expect(findings.all).toEqual([]);
  return Object.fromEntries(
    objects.map((object) => [
      `${object.kind as string} ${(object.metadata as { name: string }).name}`,
      emitYaml(object),
    ]),
  );
}

/** What is wrong with a PolicyGenerator. */
function wrong(text: string): string[] {
  const { objects, findings } = checkAcm('pg.yaml', text, base);
  expect(objects).toEqual([]);
  return findings.all.map(({ rule, line, column, message }) => `${line}:${column} ${rule} ${message}`);
}

describe('a policy', () => {
  it('wraps its manifest', () => {
    const resources = made(generator('- {name: registry, manifests: [{path: config.yaml}]}'));
    expect(Object.keys(resources)).toEqual([
      'Policy registry',
      'Placement placement-registry',
      'PlacementBinding binding-registry',
    ]);
    expect(resources['Policy registry']).toBe(`apiVersion: policy.open-cluster-management.io/v1
kind: Policy
metadata:
    annotations:
        policy.open-cluster-management.io/categories: CM Configuration Management
        policy.open-cluster-management.io/controls: CM-2 Baseline Configuration
        policy.open-cluster-management.io/standards: NIST SP 800-53
    name: registry
    namespace: policies
spec:
    disabled: false
    policy-templates:
        - objectDefinition:
            apiVersion: policy.open-cluster-management.io/v1
            kind: ConfigurationPolicy
            metadata:
                name: registry
            spec:
                evaluationInterval:
                    compliant: watch
                    noncompliant: watch
                object-templates:
                    - complianceType: musthave
                      objectDefinition:
                        apiVersion: imageregistry.operator.openshift.io/v1
                        kind: Config
                        metadata:
                            name: cluster
                        spec:
                            replicas: 1
                            routes:
                                - hostname: a.example.net
                                  name: a
                remediationAction: inform
                severity: low
    remediationAction: inform
`);
  });

  it('takes the options of the policy before those of the defaults', () => {
    const text = generator(
      '- {name: p, severity: high, policyAnnotations: {ran.openshift.io/ztp-deploy-wave: "10"}, disabled: true, copyPolicyMetadata: false, hubTemplateOptions: {serviceAccountName: hub}, manifests: [{path: config.yaml, complianceType: mustonlyhave, recordDiff: Log}]}',
      {
        defaults:
          'severity: critical, remediationAction: enforce, categories: [one, two], description: text, policyLabels: {a: b}, namespaceSelector: {include: [default]}, pruneObjectBehavior: DeleteAll, evaluationInterval: {compliant: 10m}, dependencies: [{name: first}]',
      },
    );
    const policy = made(text)['Policy p'] ?? '';
    for (const part of [
      'severity: high',
      'disabled: true',
      'ran.openshift.io/ztp-deploy-wave: "10"',
      'copyPolicyMetadata: false',
      'serviceAccountName: hub',
      'categories: one,two',
      'policy.open-cluster-management.io/description: text',
      'a: b',
      'complianceType: mustonlyhave',
      'recordDiff: Log',
      'pruneObjectBehavior: DeleteAll',
      'compliant: 10m\n                    noncompliant: watch',
      'compliance: Compliant\n          kind: Policy\n          name: first\n          namespace: policies',
    ]) {
      expect(policy).toContain(part);
    }
    expect(policy.match(/remediationAction: enforce/g)).toHaveLength(2);
  });

  it('takes the manifests of a folder, together or one by one', () => {
    const folder = (option: string) => generator(`- {name: p, ${option}manifests: [{path: maps}]}`);
    const together = made(folder(''))['Policy p'] ?? '';
    expect(together.match(/kind: ConfigurationPolicy/g)).toHaveLength(1);
    expect(together.match(/kind: ConfigMap/g)).toHaveLength(3);
    const apart = made(folder('consolidateManifests: false, '))['Policy p'] ?? '';
    const names = [...apart.matchAll(/kind: ConfigurationPolicy\n {12}metadata:\n {16}name: (.*)/g)];
    expect(names.map(([, name]) => name)).toEqual(['p', 'p2', 'p3']);
  });

  it('lets each manifest wait for the one before', () => {
    const text = generator(
      '- {name: p, consolidateManifests: false, orderManifests: true, manifests: [{path: config.yaml, name: one}, {path: own-policy.yaml}, {path: deployment.yaml}]}',
    );
    const policy = made(text)['Policy p'] ?? '';
    const waits = [...policy.matchAll(/extraDependencies:\n(?: .*\n)*? {14}kind: (.*)\n {14}name: (.*)/g)];
    expect(waits.map(([, kind, name]) => `${kind} ${name}`)).toEqual([
      'ConfigurationPolicy one',
      'CertificatePolicy certs',
    ]);
  });

  it('waits for the one before', () => {
    const manifests = 'manifests: [{path: config.yaml}]';
    const text = generator(`- {name: a, ${manifests}}\n- {name: b, ${manifests}}`, { defaults: 'orderPolicies: true' });
    const resources = made(text);
    expect(resources['Policy a']).not.toContain('dependencies');
    expect(resources['Policy b']).toContain('kind: Policy\n          name: a\n');
  });
});

describe('patches', () => {
  const patched = (manifest: string) => made(generator(`- {name: p, manifests: [${manifest}]}`))['Policy p'] ?? '';

  it('replace the lists of custom resources', () => {
    const policy = patched('{path: config.yaml, patches: [{spec: {routes: [{name: b}]}}]}');
    expect(policy).toContain('- name: b\n');
    expect(policy).not.toContain('name: a\n');
    expect(policy).toContain('replicas: 1');
  });

  it('merge the lists that an OpenAPI document has keys for', () => {
    const policy = patched(
      '{path: config.yaml, openapi: {path: openapi.yaml}, patches: [{spec: {routes: [{name: a, secret: s}, {name: b}]}}]}',
    );
    expect(policy).toContain('- hostname: a.example.net\n');
    expect(policy).toContain('secret: s\n');
    expect(policy).toContain('- name: b\n');
  });

  it('merge the containers of a deployment, and remove with null', () => {
    const policy = patched(
      '{path: deployment.yaml, patches: [{spec: {template: {spec: {containers: [{name: log, image: null, tty: true}]}}}}]}',
    );
    expect(policy).toContain('- image: web:1\n');
    expect(policy).toContain('- name: log\n');
    expect(policy).not.toContain('log:1');
  });

  it('go to the manifest of the same kind and name', () => {
    const policy = patched('{path: maps, patches: [{kind: ConfigMap, metadata: {name: b}, data: {k: v}}]}');
    expect(policy.match(/k: v/g)).toHaveLength(1);
  });
});

describe('placements', () => {
  const manifests = 'manifests: [{path: config.yaml}]';
  const kinds = (text: string) => Object.keys(made(text));

  it('select labels', () => {
    const text = generator(`- {name: p, placement: {labelSelector: {z: "1", a: ""}}, ${manifests}}`);
    expect(made(text)['Placement placement-p']).toBe(`apiVersion: cluster.open-cluster-management.io/v1beta1
kind: Placement
metadata:
    name: placement-p
    namespace: policies
spec:
    predicates:
        - requiredClusterSelector:
            labelSelector:
                matchExpressions:
                    - key: a
                      operator: Exists
                    - key: z
                      operator: In
                      values:
                        - "1"
    tolerations:
        - key: cluster.open-cluster-management.io/unavailable
          operator: Exists
        - key: cluster.open-cluster-management.io/unreachable
          operator: Exists
`);
  });

  it('are shared under a name of the defaults, with a counter', () => {
    const other = `- {name: c, placement: {labelSelector: {x: y}}, ${manifests}}`;
    const text = generator(`- {name: a, ${manifests}}\n- {name: b, ${manifests}}\n${other}`, {
      defaults: 'placement: {name: shared, labelSelector: {a: b}}',
      more: 'placementBindingDefaults: {name: bound}',
    });
    expect(kinds(text).slice(3)).toEqual([
      'Placement shared',
      'Placement shared2',
      'PlacementBinding bound',
      'PlacementBinding binding-c',
    ]);
    expect(made(text)['PlacementBinding bound']).toMatch(/name: a\n[^]*name: b\n/);
  });

  it('are named or in a file', () => {
    const text = generator(
      `- {name: a, placement: {placementName: theirs}, ${manifests}}\n- {name: b, placement: {placementPath: placement.yaml}, ${manifests}}`,
    );
    expect(kinds(text).slice(2)).toEqual([
      'Placement mine',
      'PlacementBinding binding-b',
      'PlacementBinding binding-a',
    ]);
  });

  it('of policy sets stand for those of their policies', () => {
    const text = generator(`- {name: a, policySets: [s], ${manifests}}\n- {name: b, ${manifests}}`, {
      more: 'policySets: [{name: s, description: all, policies: [b]}]',
    });
    const resources = made(text);
    expect(Object.keys(resources).slice(2)).toEqual([
      'PolicySet s',
      'Placement placement-s',
      'PlacementBinding binding-s',
    ]);
    expect(resources['PolicySet s']).toContain('description: all\n    policies:\n        - b\n        - a\n');
    const both = generator(`- {name: a, policySets: [s], generatePlacementWhenInSet: true, ${manifests}}`);
    expect(kinds(both)).toContain('Placement placement-a');
  });

  it('can be left out', () => {
    expect(kinds(generator(`- {name: a, generatePolicyPlacement: false, ${manifests}}`))).toEqual(['Policy a']);
  });
});

describe('what is wrong', () => {
  const manifests = 'manifests: [{path: config.yaml}]';

  it.each<[string, string, string[]]>([
    ['no YAML', 'kind: PolicyGenerator\npolicies: [', ['PG001']],
    ['a misspelt field', generator(`- {name: a, severty: low, ${manifests}}`), ['7:13 PG003']],
    ['a wrong type', generator('- {name: a, manifests: {}}'), ['7:24 PG002']],
    ['no namespace', generator(`- {name: a, ${manifests}}`).replace('namespace: policies', ''), ['5:17 PG024']],
    ['no policy', generator('').replace('policies:\n', 'policies: []\n'), ['6:11 PG024']],
    ['no manifest', generator('- {name: a}'), ['7:3 PG024']],
    ['a name that is none', generator(`- {name: A_b, ${manifests}}`), ['7:10 PG024']],
    ['a name twice', generator(`- {name: a, ${manifests}}\n- {name: a, ${manifests}}`), ['8:10 PG024']],
    ['a long name', generator(`- {name: ${'x'.repeat(55)}, ${manifests}}`), ['7:10 PG024']],
    ['an unknown value', generator(`- {name: a, severity: awful, ${manifests}}`), ['7:23 PG024']],
    ['no duration', generator(`- {name: a, evaluationInterval: {compliant: 3 days}, ${manifests}}`), ['7:45 PG024']],
    ['a path that leads out', generator('- {name: a, manifests: [{path: ../config.yaml}]}'), ['7:32 PG024']],
    ['an absolute path', generator('- {name: a, manifests: [{path: /etc/passwd}]}'), ['7:32 PG024']],
    ['no such file', generator('- {name: a, manifests: [{path: absent.yaml}]}'), ['7:32 PG024']],
    ['an empty file', generator('- {name: a, manifests: [{path: empty.yaml}]}'), ['7:32 PG024']],
    ['no map', generator('- {name: a, manifests: [{path: text.yaml}]}'), ['7:32 PG024']],
    ['a kustomization', generator('- {name: a, manifests: [{path: kustomized}]}'), ['7:32 PG024']],
    ['what an expander would be for', generator('- {name: a, manifests: [{path: kyverno.yaml}]}'), ['7:32 PG024']],
    [
      'an own option of a consolidated manifest',
      generator('- {name: a, manifests: [{path: config.yaml, severity: high}]}'),
      ['7:55 PG024'],
    ],
    ['order without separate manifests', generator(`- {name: a, orderManifests: true, ${manifests}}`), ['7:29 PG024']],
    [
      'order beside dependencies',
      generator(`- {name: a, dependencies: [{name: x}], ${manifests}}`, { defaults: 'orderPolicies: true' }),
      ['7:27 PG024'],
    ],
    [
      'two ways to place',
      generator(`- {name: a, placement: {placementName: x, labelSelector: {a: b}}, ${manifests}}`),
      ['7:24 PG024'],
    ],
    [
      'a shared placement without a name for its binding',
      generator(
        `- {name: a, placement: {placementName: x}, ${manifests}}\n- {name: b, placement: {placementName: x}, ${manifests}}`,
      ),
      ['1:1 PG024'],
    ],
    [
      'a patch for nothing',
      generator('- {name: a, manifests: [{path: maps, patches: [{kind: Secret, metadata: {name: b}}]}]}'),
      ['7:48 PG024'],
    ],
  ])('tells of %s', (_, text, expected) => {
    const told = wrong(text);
    expect(told).toHaveLength(expected.length);
    told.forEach((message, index) => expect(message).toContain(expected[index]));
  });

  it('suggests a name', () => {
    const { findings } = checkAcm('pg.yaml', generator(`- {name: a, severty: low, ${manifests}}`), base);
    expect(findings.all[0]?.fix).toContain('severity');
  });
});
