import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { lint } from '../lint/lint.js';
import { type CheckoutFile, checkoutChanges } from './checkout.js';
import { completeIntent, type IntentInput } from './intent.js';
import { PlanError } from './plan-error.js';
import { planSite } from './site-plan.js';
import type { Wanted } from './wanted.js';
import { mergeIntoYaml } from './yaml-merge.js';

const disk = '/dev/disk/by-path/pci-0000:01:00.0-scsi-0:2:0:0';
const intent: IntentInput = {
  site: 'site-a',
  cluster: 'sno-a',
  disk,
  diskSizeMiB: 953_869,
  partitions: [
    { purpose: 'registry', size: 102_500 },
    { purpose: 'precache', size: 51_200 },
  ],
};
const plan = (change: IntentInput = {}) => planSite(completeIntent({ ...intent, ...change }));

const siteConfig: CheckoutFile = {
  path: 'siteconfig/site-a.yaml',
  text: `# The first site; talk to operations before changing it.
apiVersion: ran.openshift.io/v2
kind: SiteConfig
metadata:
  name: site-a
  namespace: site-a
spec:
  baseDomain: "edge.example.com"   # ours
  clusterImageSetNameRef: img4.16.3-x86-64
  clusters:
  - clusterName: sno-b
    clusterLabels: {sites: site-b}
    nodes:
    - hostName: node1.sno-b.edge.example.com
  - clusterName: sno-a
    clusterLabels:
      sites: site-a
    nodes:
    - hostName: node1.sno-a.edge.example.com
      # by-path, since the disks of this model have no WWN
      rootDeviceHints:
        deviceName: /dev/sda   # to be changed
      installerArgs: '["--append-karg", "quiet"]'
      bootMode: UEFI
    # end of the nodes
`,
};
const template: CheckoutFile = {
  path: 'policygentemplates/site-a.yaml',
  text: `apiVersion: ran.openshift.io/v1
kind: PolicyGenTemplate
metadata:
  name: "site-a"
  namespace: "ztp-site"
spec:
  bindingRules:
    sites: "site-a"
  sourceFiles:
    # performance first
    - fileName: PerformanceProfile.yaml
      policyName: "config-policy"
    - fileName: ImageRegistryPV.yaml
      policyName: "pv-for-image-registry"
      spec:
        capacity:
          storage: 50Gi # too small
`,
};
const kustomization: CheckoutFile = {
  path: 'policygentemplates/kustomization.yaml',
  text: `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
generators:
# groups first
- group-du-sno.yaml
`,
};

/** The checkout after the changes. */
function applied(files: readonly CheckoutFile[], changes: readonly CheckoutFile[]): CheckoutFile[] {
  const changed = new Map(changes.map((file) => [file.path, file]));
  const kept = files.map((file) => changed.get(file.path) ?? file);
  return [...kept, ...changes.filter(({ path }) => !files.some((file) => file.path === path))];
}

/** Lines of the text before that are gone after. */
function lostLines(before: string, after: string): string[] {
  const lines = new Set(after.split('\n'));
  return before.split('\n').filter((line) => !lines.has(line));
}

describe('a checkout', () => {
  it('gets the node’s fields and keeps all else, in its order', () => {
    const [change, butane] = checkoutChanges(
      [siteConfig],
      plan({ partitions: [{ purpose: 'precache', size: 51_200 }] }),
    );
    expect(butane?.path).toBe('siteconfig/sno-a-storage.bu');
    const text = change?.text ?? '';
    expect(lostLines(siteConfig.text, text)).toEqual([
      '        deviceName: /dev/sda   # to be changed',
      `      installerArgs: '["--append-karg", "quiet"]'`,
    ]);
    expect(text).toContain(`        deviceName: ${disk}   # to be changed\n`);
    expect(text).toContain(`      installerArgs: '["--append-karg","quiet","--save-partlabel","data"]'\n`);
    expect(text.indexOf('ignitionConfigOverride: |')).toBeGreaterThan(text.indexOf('bootMode: UEFI'));
    expect(text.endsWith('    # end of the nodes\n')).toBe(true);
  });

  it('that holds the plan already is not changed', () => {
    const files = [siteConfig, template, kustomization];
    const once = applied(files, checkoutChanges(files, plan()));
    expect(checkoutChanges(once, plan())).toEqual([]);
    const other = checkoutChanges(once, plan({ partitions: [{ purpose: 'registry', size: 204_900 }] }));
    expect(other.map(({ path }) => path)).toEqual([
      'siteconfig/site-a.yaml',
      'siteconfig/sno-a-storage.bu',
      'policygentemplates/site-a.yaml',
    ]);
  });

  it('has nothing to find fault with afterwards', () => {
    const files = [siteConfig, template, kustomization];
    const after = applied(files, checkoutChanges(files, plan()));
    expect(
      lint(after).diagnostics.filter(({ path }) => path.includes('clusters[1]') || !path.startsWith('spec.clusters')),
    ).toEqual([]);
  });

  it('keeps what the override holds besides the plan, and replaces an earlier plan', () => {
    const loader = { name: 'load.service', enabled: true, contents: '[Install]\nWantedBy=multi-user.target\n' };
    const theirMount = { name: 'var-mnt.mount', contents: '[Unit]\nBindsTo=load.service\n' };
    const present = { ignition: { version: '3.1.0' }, systemd: { units: [loader, theirMount] } };
    const file = {
      ...siteConfig,
      text: siteConfig.text.replace(
        'bootMode: UEFI',
        `bootMode: UEFI\n      ignitionConfigOverride: '${JSON.stringify(present)}'`,
      ),
    };
    const overrideIn = (files: CheckoutFile[]) => {
      const text = files.find(({ path }) => path === file.path)?.text ?? '';
      const { spec } = parse(text) as { spec: { clusters: { nodes: { ignitionConfigOverride: string }[] }[] } };
      return JSON.parse(spec.clusters[1]?.nodes[0]?.ignitionConfigOverride ?? '') as {
        ignition: object;
        storage: { disks: { partitions: object[] }[]; filesystems: object[] };
        systemd: { units: { name: string }[] };
      };
    };
    const first = applied([file], checkoutChanges([file], plan()));
    const { ignition, storage, systemd } = overrideIn(first);
    expect(ignition).toEqual({ version: '3.2.0' });
    expect(systemd.units[0]).toEqual(loader);
    expect(systemd.units[1]).toEqual(theirMount);
    expect(systemd.units.map(({ name }) => name)).toEqual(['load.service', 'var-mnt.mount', 'var-imageregistry.mount']);
    expect(checkoutChanges(first, plan())).toEqual([]);
    const other = plan({ partitions: [{ purpose: 'containers', size: 'rest' }] });
    const second = overrideIn(applied(first, checkoutChanges(first, other)));
    expect(storage.disks[0]?.partitions).toMatchObject([{ label: 'var-imageregistry' }]);
    expect(second.storage.disks[0]?.partitions).toMatchObject([{ label: 'var-lib-containers' }]);
    expect(second.storage.filesystems).toHaveLength(1);
    expect(second.systemd.units.map(({ name }) => name)).toEqual([
      'load.service',
      'var-mnt.mount',
      'var-lib-containers.mount',
    ]);
  });

  it('gets the registry’s entries in the template of the site', () => {
    const change = checkoutChanges([siteConfig, template], plan({ wave: 100 })).find(
      ({ path }) => path === template.path,
    );
    const text = change?.text ?? '';
    expect(lostLines(template.text, text)).toEqual(['          storage: 50Gi # too small']);
    const { spec } = parse(text) as { spec: { sourceFiles: { fileName: string; metadata?: object; spec?: object }[] } };
    expect(spec.sourceFiles.map(({ fileName }) => fileName)).toEqual([
      'PerformanceProfile.yaml',
      'ImageRegistryPV.yaml',
      'StorageClass.yaml',
      'StoragePVC.yaml',
      'ImageRegistryConfig.yaml',
    ]);
    expect(spec.sourceFiles[1]).toMatchObject({
      metadata: { annotations: { 'ran.openshift.io/ztp-deploy-wave': '100' } },
      spec: { capacity: { storage: '100Gi' }, local: { path: '/var/imageregistry' } },
    });
  });

  it('gets a template of its own, listed beside the others, when the site has none', () => {
    const other = { ...template, text: template.text.replace('"site-a"', 'group-du-sno') };
    const changes = checkoutChanges([siteConfig, other, kustomization], plan());
    expect(changes.map(({ path }) => path)).toEqual([
      'siteconfig/site-a.yaml',
      'siteconfig/sno-a-storage.bu',
      'policygentemplates/site-a-image-registry.yaml',
      'policygentemplates/kustomization.yaml',
    ]);
    expect(changes[3]?.text).toBe(`${kustomization.text}- site-a-image-registry.yaml\n`);
  });

  it('with a ClusterInstance in flow style is changed as well', () => {
    const file = {
      path: 'sno-a.yaml',
      text: '{"kind": "ClusterInstance", "spec": {"clusterName": "sno-a", "nodes": [{"hostName": "n1"}]}}\n',
    };
    const [change] = checkoutChanges([file], plan());
    const { spec } = JSON.parse(change?.text ?? '') as { spec: { nodes: Record<string, unknown>[] } };
    expect(spec.nodes[0]).toMatchObject({ hostName: 'n1', rootDeviceHints: { deviceName: disk } });
  });

  it.each<[string, CheckoutFile[], string]>([
    ['without the cluster', [template], 'no SiteConfig or ClusterInstance of the checkout has the cluster sno-a'],
    ['with it twice', [siteConfig, { ...siteConfig, path: 'b.yaml' }], 'is in siteconfig/site-a.yaml and in b.yaml'],
    [
      'with two nodes',
      [{ ...siteConfig, text: siteConfig.text.replace('    # end', '    - hostName: node2\n    # end') }],
      'has 2 nodes; say which one',
    ],
    [
      'whose installer arguments are a command line',
      [{ ...siteConfig, text: siteConfig.text.replace('["--append-karg", "quiet"]', '--append-karg quiet') }],
      'installerArgs is no JSON list of strings',
    ],
    [
      'whose hints are an alias',
      [
        {
          ...siteConfig,
          text: siteConfig.text
            .replace(/rootDeviceHints:\n.*\n/, 'rootDeviceHints: *hints\n')
            .replace('spec:', 'x: &hints {a: b}\nspec:'),
        },
      ],
      'is an alias; write it out',
    ],
    [
      'whose override is no JSON',
      [{ ...siteConfig, text: siteConfig.text.replace('bootMode: UEFI', 'ignitionConfigOverride: "{"') }],
      'the present ignitionConfigOverride is no JSON object',
    ],
    [
      'whose override is of a version that the install service does not take',
      [
        {
          ...siteConfig,
          text: siteConfig.text.replace(
            'bootMode: UEFI',
            `ignitionConfigOverride: '{"ignition": {"version": "3.4.0"}, "passwd": {"users": [{"name": "core"}]}}'`,
          ),
        },
      ],
      'unsupported config version',
    ],
    [
      'whose node is shared by an anchor',
      [
        {
          ...siteConfig,
          text: siteConfig.text.replace('- hostName: node1.sno-a', '- &node\n      hostName: node1.sno-a'),
        },
      ],
      'has the anchor &node, by which other places use it',
    ],
    [
      'whose node comes by a merge key',
      [
        {
          ...siteConfig,
          text: siteConfig.text
            .replace('- hostName: node1.sno-a.edge.example.com', '- <<: *n')
            .replace('spec:', 'x: &n {hostName: node1}\nspec:'),
        },
      ],
      'the entry with hostName "node1" is not written out',
    ],
  ])('%s is left alone', (_, files, message) => {
    expect(() => checkoutChanges(files, plan())).toThrow(PlanError);
    expect(() => checkoutChanges(files, plan())).toThrow(message);
  });
});

const keys = fc.constantFrom('a', 'b', 'c', 'long-key');
const scalars = fc.oneof(
  fc.constantFrom('x', '100', 'true', '', 'two\nlines\n', ': #', "it's"),
  fc.integer(),
  fc.boolean(),
);
const trees: fc.Arbitrary<Wanted> = fc.letrec<{ tree: Wanted }>((tie) => ({
  tree: fc.oneof({ maxDepth: 3 }, scalars, fc.dictionary(keys, tie('tree'), { minKeys: 1, maxKeys: 3 })),
})).tree;

describe('what is wanted', () => {
  it('is there afterwards, and a second time changes nothing', () => {
    fc.assert(
      fc.property(
        fc.dictionary(keys, trees, { minKeys: 1 }),
        fc.dictionary(keys, trees, { minKeys: 1 }),
        fc.boolean(),
        (present, wanted, flow) => {
          const before = flow ? `${JSON.stringify(present)}\n` : mergeIntoYaml('z: 1\n', 0, present);
          let after: string;
          try {
            after = mergeIntoYaml(before, 0, wanted);
          } catch (error) {
            if (error instanceof PlanError) return;
            throw error;
          }
          expect(parse(after)).toMatchObject(wanted);
          expect(mergeIntoYaml(after, 0, wanted)).toBe(after);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['a: 1 # one\nb: 2\n', { a: 3 }, 'a: 3 # one\nb: 2\n'],
    ['a:\n  b: 1\n# end\n', { a: { c: 2 } }, 'a:\n  b: 1\n  c: 2\n# end\n'],
    ['a:\nb: 2\n', { a: { c: 2 } }, 'a:\n  c: 2\nb: 2\n'],
    ['a: {b: 1}', { a: { c: 'x' } }, 'a: {b: 1, c: "x"}'],
    ['a: | # why\n  old\n', { a: 'new\n' }, 'a: | # why\n  new\n'],
    ['a: # why\n  b\n', { a: 'c' }, 'a: # why\n  "c"\n'],
    ['a: {}\n', { a: { c: ['x'] } }, 'a: {c: ["x"]}\n'],
    ['a: |\n  old\n\nb: 1\n', { a: 'new\n' }, 'a: |\n  new\n\nb: 1\n'],
    ['a: "x"\n', { a: 'x' }, 'a: "x"\n'],
    ['a: 100\n', { a: '100' }, 'a: "100"\n'],
    [`a: '{"x": 1, "y": 2}'\n`, { a: '{"y":2,"x":1}' }, `a: '{"x": 1, "y": 2}'\n`],
    ['a:\r\n  b: 1\r\n', { a: { c: 'two\nlines\n' } }, 'a:\r\n  b: 1\r\n  c: |\r\n    two\r\n    lines\r\n'],
    ['- a', {}, undefined],
  ] as [string, { [key: string]: Wanted }, string | undefined][])('is put into %j', (text, wanted, after) => {
    if (after === undefined) expect(() => mergeIntoYaml(text, 0, wanted)).toThrow(PlanError);
    else {
      expect(mergeIntoYaml(text, 0, wanted)).toBe(after);
      expect(mergeIntoYaml(after, 0, wanted)).toBe(after);
    }
  });

  it('is put into the document that is meant', () => {
    expect(mergeIntoYaml('a: 1\n---\na: 2\n', 1, { a: 3 })).toBe('a: 1\n---\na: 3\n');
  });
});
