/** Each rule: something that it finds, at its place, and the same put right, which it leaves alone. */
import { describe, expect, it } from 'vitest';
import { lint } from './lint.js';
import type { LintOptions } from './lint-set.js';
import { RULES } from './rule.js';

const BY_PATH = '/dev/disk/by-path/pci-0000:01:00.0';

/** A SiteConfig with one node; `node` and `cluster` are lines below them. */
function site(node: string, cluster = ''): string {
  const lines = (text: string, indent: number) =>
    text === '' ? '' : `${text.replaceAll(/^(?=.)/gm, ' '.repeat(indent))}\n`;
  return `spec:
  clusters:
  - clusterName: sno-a
${lines(cluster, 4)}    nodes:
    - hostName: node1
${lines(node, 6)}`;
}

const override = (config: unknown) => `ignitionConfigOverride: '${JSON.stringify(config).replaceAll("'", "''")}'`;
const ignition = (rest: object, version = '3.2.0') => ({ ignition: { version }, ...rest });
const disk = (partition: object, more: object = {}) => ({ device: BY_PATH, ...more, partitions: [partition] });
const containers = { label: 'var-lib-containers', startMiB: 250_000, sizeMiB: 0 };
const unit = (contents: string, name = 'load.service') => ignition({ systemd: { units: [{ name, contents }] } });
const file = (path: string, text: string, mode = 493) =>
  ignition({ storage: { files: [{ path, mode, contents: { source: `data:,${encodeURIComponent(text)}` } }] } });
const registryFiles = (config: string, wave = '') => `spec:
  bindingRules: {sites: site-a}
  sourceFiles:
  - fileName: StoragePVC.yaml
    policyName: z-pvc
    metadata:
      name: image-registry-pvc
      namespace: openshift-image-registry${wave}
    spec:
      resources: {requests: {storage: 100Gi}}
      storageClassName: image-registry-sc
  - fileName: ImageRegistryPV.yaml
    policyName: z-pv
    spec: {local: {path: /var/imageregistry}}
  - fileName: ImageRegistryConfig.yaml
    policyName: config
${config}`;
const registryDisk = (size: number) =>
  ignition({
    storage: {
      disks: [disk({ label: 'var-imageregistry', startMiB: 344_844, sizeMiB: size })],
      filesystems: [{ device: '/dev/disk/by-partlabel/var-imageregistry', format: 'xfs', path: '/var/imageregistry' }],
    },
  });
const script = (body: string) => `#!/bin/bash\n${body}\nskopeo copy a b\n`;

interface Case {
  rule: string;
  /** What is wrong, by file name. */
  bad: Record<string, string>;
  /** `file:line:column` of what is found. */
  at: string[];
  good: Record<string, string>;
  options?: LintOptions;
}

const CASES: Case[] = [
  {
    rule: 'EL000',
    bad: { 'a.yaml': 'a: b\n\tc: d\n', 'b.ign': '{"a": }' },
    at: ['a.yaml:2:1', 'b.ign:1:7'],
    good: { 'a.yaml': 'a: b\n', 'b.ign': '{"a": 1}' },
  },
  {
    rule: 'EL001',
    bad: { 's.bu': 'variant: fcos\nversion: 1.3.0\nstorage:\n  disks:\n  - device: <root disk>\n' },
    at: ['s.bu:5:13'],
    good: { 's.bu': `variant: fcos\nversion: 1.3.0\nstorage:\n  disks:\n  - device: ${BY_PATH}\n` },
  },
  {
    rule: 'EL002',
    bad: {
      's.yaml':
        'spec:\n  clusters:\n  - nodes:\n    - ignitionConfigOverride: |\n      {\n        "ignition": {"version": "3.2.0"}\n      }\n',
    },
    at: ['s.yaml:5:7'],
    good: {
      's.yaml':
        'spec:\n  clusters:\n  - nodes:\n    - ignitionConfigOverride: |\n        {\n          "ignition": {"version": "3.2.0"}\n        }\n',
    },
  },
  {
    rule: 'EL003',
    bad: { 's.yaml': site(`ignitionConfigOverride: '| {"ignition": {"version": "3.2.0"}}'`) },
    at: ['s.yaml:6:32'],
    good: { 's.yaml': site(`ignitionConfigOverride: |\n  {"ignition": {"version": "3.2.0"}}`) },
  },
  {
    rule: 'EL004',
    bad: {
      's.yaml': site(
        `rootDeviceHints: {deviceName: /dev/disk/by-id/wwn-0x1}\n${override(ignition({ storage: { disks: [disk(containers)] } }))}`,
      ),
    },
    at: ['s.yaml:7:94'],
    good: {
      's.yaml': site(
        `rootDeviceHints: {deviceName: "${BY_PATH}"}\n${override(ignition({ storage: { disks: [disk(containers)] } }))}`,
      ),
    },
  },
  {
    rule: 'EL005',
    bad: { 's.yaml': site('rootDeviceHints:\n  deviceName: /dev/nvme0n1') },
    at: ['s.yaml:7:21'],
    good: { 's.yaml': site('rootDeviceHints:\n  deviceName: /dev/disk/by-id/coreos-boot-disk') },
  },
  {
    rule: 'EL006',
    bad: {
      'p.yaml': registryFiles('    spec: {storage: {pvc: {claim: image-registry-pvc}}}'),
      's.yaml': site(override(ignition({})), 'clusterLabels: {sites: site-a}'),
    },
    at: ['p.yaml:14:26'],
    good: {
      'p.yaml': registryFiles('    spec: {storage: {pvc: {claim: image-registry-pvc}}}'),
      's.yaml': site(override(registryDisk(102_500)), 'clusterLabels: {sites: site-a}'),
      'elsewhere.yaml': site(override(ignition({})), 'clusterLabels: {sites: site-b}'),
    },
  },
  {
    rule: 'EL007',
    bad: { 'pv.yaml': 'kind: PersistentVolume\nspec:\n  local:\n    path: /var/imageregistry/\n' },
    at: ['pv.yaml:4:11'],
    good: { 'pv.yaml': 'kind: PersistentVolume\nspec:\n  local:\n    path: /var/imageregistry\n' },
  },
  {
    rule: 'EL008',
    bad: {
      's.yaml': site(
        `diskPartition:\n- device: ${BY_PATH}\n  partitions: [{mount_point: /var/x, start: 400000, size: 10}]\n${override(ignition({ storage: { disks: [disk(containers)] } }))}`,
      ),
    },
    at: ['s.yaml:7:9'],
    good: {
      's.yaml': site(
        `diskPartition:\n- device: ${BY_PATH}\n  partitions: [{mount_point: /var/x, start: 400000, size: 10}]`,
      ),
    },
  },
  {
    rule: 'EL009',
    bad: { 'a.ign': JSON.stringify(unit('# # Generated by Butane\n[Unit]\n')) },
    at: ['a.ign:1:88'],
    good: { 'a.ign': JSON.stringify(unit('# Generated by Butane\n[Unit]\n')) },
  },
  {
    rule: 'EL010',
    bad: {
      'a.ign': JSON.stringify(file('/a', 'x', 755)),
      's.bu': 'variant: fcos\nversion: 1.3.0\nstorage:\n  files:\n  - path: /a\n    mode: 644\n',
    },
    at: ['a.ign:1:73', 's.bu:6:11'],
    good: {
      'a.ign': JSON.stringify(file('/a', 'x', 493)),
      's.bu': 'variant: fcos\nversion: 1.3.0\nstorage:\n  files:\n  - path: /a\n    mode: 0644\n',
    },
  },
  {
    rule: 'EL011',
    bad: { 's.yaml': site(override(ignition({}, '3.1.0')), override(ignition({}, '3.4.0'))) },
    at: ['s.yaml:4:53', 's.yaml:7:55'],
    good: { 's.yaml': site(override(ignition({}))), 'standalone.ign': JSON.stringify(ignition({}, '3.4.0')) },
  },
  {
    rule: 'EL012',
    bad: { 's.yaml': site('', 'clusterImageSetNameRef: img4.16.3-x86-64') },
    at: ['s.yaml:4:29'],
    good: { 's.yaml': site('', 'clusterImageSetNameRef: img4.16.4-x86-64') },
    options: { release: '4.16.4' },
  },
  {
    rule: 'EL013',
    bad: { 'p.yaml': registryFiles('    metadata:\n      annotations: {ran.openshift.io/ztp-deploy-wave: "10"}') },
    at: ['p.yaml:18:55'],
    good: { 'p.yaml': registryFiles('    metadata:\n      annotations: {ran.openshift.io/ztp-deploy-wave: "11"}') },
  },
  {
    rule: 'EL014',
    bad: { 'p.yaml': registryFiles('    complianceType: mustonlyhave') },
    at: ['p.yaml:17:21'],
    good: { 'p.yaml': registryFiles('    complianceType: musthave') },
  },
  {
    rule: 'EL015',
    bad: { 'a.txt': '$ oc get pv image-registry-sc\n' },
    at: ['a.txt:1:13'],
    good: { 'a.txt': '$ oc get pv image-registry-pv-filesystem\n$ oc get sc image-registry-sc\n' },
  },
  {
    rule: 'EL016',
    bad: { 'a.md': '    $ oc get image.config.openshift.io cluster\n' },
    at: ['a.md:1:14'],
    good: { 'a.md': '    $ oc get configs.imageregistry.operator.openshift.io cluster\n' },
  },
  {
    rule: 'EL017',
    bad: { 'a.txt': `$ jq '.a["b"]\n# grep registry*\n` },
    at: ['a.txt:1:6', 'a.txt:2:8'],
    good: { 'a.txt': `$ jq '.a["b"]' # it's\n# grep 'registry.*'\n# ls registry*\n$ echo "it's"\n` },
  },
  {
    rule: 'EL018',
    bad: {
      'a.ign': JSON.stringify(
        ignition({
          systemd: {
            units: [
              { name: 'precache-images.service', contents: '[Unit]\n' },
              { name: 'var-mnt.mount', contents: '[Unit]\nBindsTo=precache.service precache-images.services\n' },
            ],
          },
        }),
      ),
      'a.txt': 'Then precache-images.services runs.\n',
    },
    at: ['a.ign:1:179', 'a.txt:1:6'],
    good: {
      'a.ign': JSON.stringify(
        ignition({
          systemd: {
            units: [
              { name: 'precache-images.service', contents: '[Unit]\nBefore=agent.service\n' },
              { name: 'var-mnt.mount', contents: '[Unit]\nBindsTo=precache-images.service\n' },
            ],
          },
        }),
      ),
      'a.txt': 'Then precache-images.service runs, before agent.service.\n',
    },
  },
  {
    rule: 'EL019',
    bad: { 'a.sh': script('while read -r line; do\n  tar xf ${line}.tgz\n  rm -f ${line}.gz\ndone < list') },
    at: ['a.sh:4:3'],
    good: {
      'a.sh': script(
        'while read -r line || [ -n "$line" ]; do\n  tar xf ${line}.tgz\n  rm -f ${line}.tgz\ndone < list\nexit 0',
      ),
    },
  },
  {
    rule: 'EL020',
    bad: { 'a.ign': JSON.stringify(unit('[Service]\nType=oneshot\nTimeoutStopSec=60\n')) },
    at: ['a.ign:1:128'],
    good: { 'a.ign': JSON.stringify(unit('[Service]\nType=oneshot\nTimeoutStopSec=60\nTimeoutStartSec=60\n')) },
  },
  {
    rule: 'EL021',
    bad: {
      's.yaml': site(
        `installerArgs: '["--save-partlabel", "images"]'\n${override(unit('[Mount]\nWhat=/dev/disk/by-partlabel/data\nWhere=/var/mnt\n', 'var-mnt.mount'))}`,
      ),
    },
    at: ['s.yaml:6:22'],
    good: {
      's.yaml': site(
        `installerArgs: '["--save-partlabel", "other,da*"]'\n${override(unit('[Mount]\nWhat=/dev/disk/by-partlabel/data\nWhere=/var/mnt\n', 'var-mnt.mount'))}`,
      ),
    },
  },
  {
    rule: 'EL022',
    bad: {
      'root.ign': JSON.stringify(ignition({ storage: { disks: [disk({ label: 'x', startMiB: 8000, sizeMiB: 10 })] } })),
      'end.ign': JSON.stringify(
        ignition({ storage: { disks: [disk({ label: 'y', startMiB: 400_000, sizeMiB: 100_000 })] } }),
      ),
      'p.yaml': registryFiles('    spec: {storage: {pvc: {claim: image-registry-pvc}}}'),
      's.yaml': site(override(registryDisk(102_400)), 'clusterLabels: {sites: site-a}'),
    },
    at: ['end.ign:1:114', 'p.yaml:14:26', 'root.ign:1:114'],
    good: {
      'root.ign': JSON.stringify(
        ignition({ storage: { disks: [disk({ label: 'x', startMiB: 25_000, sizeMiB: 10 })] } }),
      ),
      'wiped.ign': JSON.stringify(
        ignition({ storage: { disks: [disk({ label: 'z', startMiB: 1, sizeMiB: 10 }, { wipeTable: true })] } }),
      ),
      'p.yaml': registryFiles('    spec: {storage: {pvc: {claim: image-registry-pvc}}}'),
      's.yaml': site(override(registryDisk(102_500)), 'clusterLabels: {sites: site-a}'),
    },
    options: { diskMiB: 457_344 },
  },
  {
    rule: 'EL023',
    bad: {
      's.bu':
        'variant: fcos\nversion: 1.3.0\nstorage:\n  filesystems:\n  - path: /var/lib/containers\n    device: /dev/disk/by-partlabel/x\n    format: xfs\n',
    },
    at: ['s.bu:5:5'],
    good: {
      's.bu':
        'variant: fcos\nversion: 1.3.0\nstorage:\n  filesystems:\n  - path: /var/lib/containers\n    device: /dev/disk/by-partlabel/x\n    format: xfs\n    mount_options: [prjquota]\n',
    },
  },
  {
    rule: 'EL024',
    bad: {
      'a.yaml': site(
        `rootDeviceHints: {deviceName: "${BY_PATH}"}\n${override(ignition({ storage: { disks: [disk(containers, { wipeTable: true })] } }))}`,
      ),
      'b.yaml': site(
        `installerArgs: '["--save-partlabel", "var-*"]'\n${override(ignition({ storage: { disks: [disk(containers)] } }))}`,
      ),
    },
    at: ['a.yaml:7:84', 'b.yaml:7:145'],
    good: {
      'a.yaml': site(
        `rootDeviceHints: {deviceName: "${BY_PATH}"}\n${override(ignition({ storage: { disks: [disk(containers)] } }))}`,
      ),
      'b.yaml': site(
        `installerArgs: '["--save-partlabel", "var-*"]'\n${override(ignition({ storage: { disks: [disk({ ...containers, number: 5 })] } }))}`,
      ),
    },
  },
  {
    rule: 'EL025',
    bad: {
      'p.yaml': registryFiles(''),
      's.yaml': site(
        '',
        `clusterLabels: {sites: site-a}\ninstallConfigOverrides: '{"capabilities": {"baselineCapabilitySet": "None"}}'`,
      ),
    },
    at: ['s.yaml:5:73'],
    good: {
      'p.yaml': registryFiles(''),
      's.yaml': site(
        '',
        `clusterLabels: {sites: site-a}\ninstallConfigOverrides: '{"capabilities": {"baselineCapabilitySet": "None", "additionalEnabledCapabilities": ["ImageRegistry"]}}'`,
      ),
      'old.yaml': site(
        '',
        `clusterLabels: {sites: site-a}\nclusterImageSetNameRef: img4.12.1\ninstallConfigOverrides: '{"capabilities": {"baselineCapabilitySet": "None"}}'`,
      ),
    },
  },
  {
    rule: 'EL026',
    bad: {
      'm.yaml':
        'kind: ImageDigestMirrorSet\nspec:\n  imageDigestMirrors:\n  - source: quay.io/openshift-release-dev\n    mirrors: [image-registry.openshift-image-registry.svc:5000/ocp]\n',
    },
    at: ['m.yaml:5:15'],
    good: {
      'm.yaml':
        'kind: ImageDigestMirrorSet\nspec:\n  imageDigestMirrors:\n  - source: quay.io/openshift-release-dev\n    mirrors: [mirror.example.com/ocp]\n',
    },
  },
  {
    rule: 'EL027',
    bad: {
      'c.yaml': `kind: ClusterInstance\nspec:\n  clusterName: a\n  nodes:\n  - hostName: n\n    ignitionConfigOverride: |\n      {"ignition": {"version": "3.2.0"}, "a": "it's"}\n`,
    },
    at: ['c.yaml:7:50'],
    good: {
      'c.yaml': `kind: ClusterInstance\nspec:\n  clusterName: a\n  nodes:\n  - hostName: n\n    ignitionConfigOverride: |\n      {"ignition": {"version": "3.2.0"}, "a": "it\\u0027s"}\n`,
      'own.yaml': `kind: ClusterInstance\nspec:\n  clusterName: a\n  nodes:\n  - hostName: n\n    templateRefs: [{name: own, namespace: x}]\n    ignitionConfigOverride: |\n      {"ignition": {"version": "3.2.0"}, "a": "it's"}\n`,
    },
  },
  {
    rule: 'EL028',
    bad: { 's.yaml': site(override(file('/a', 'x'.repeat(256 * 1024)))) },
    at: ['s.yaml:6:31'],
    good: { 's.yaml': site(override(file('/a', 'x'.repeat(255 * 1024)))) },
  },
  {
    rule: 'EL029',
    bad: { 'a.sh': script("IMAGE=$(echo $1 | sed 's/:.*//')") },
    at: ['a.sh:2:24'],
    good: { 'a.sh': script('IMAGE=$1') },
  },
  {
    rule: 'EL030',
    bad: {
      's.yaml': site(
        override(unit('[Unit]\nBefore=agent.service\n')),
        override(unit('[Unit]\nBefore=kubelet.service\n')),
      ),
    },
    at: ['s.yaml:4:132', 's.yaml:7:134'],
    good: {
      's.yaml': site(
        override(unit('[Unit]\nBefore=kubelet.service\n')),
        override(unit('[Unit]\nBefore=agent.service\n')),
      ),
    },
  },
  {
    rule: 'EL031',
    bad: {
      's.yaml': site('ignitionConfigOverride: \'{"ignition": }\'', 'installConfigOverrides: "[]"'),
      'n.json': '"no override"',
    },
    at: ['n.json:1:1', 's.yaml:4:30', 's.yaml:7:45'],
    good: {
      's.yaml': site('ignitionConfigOverride: ""', 'installConfigOverrides: "{}"'),
      'n.json': JSON.stringify(JSON.stringify(ignition({}))),
    },
  },
  {
    rule: 'EL032',
    bad: {
      'a.yaml': site('installerArgs: --save-partlabel data'),
      'b.yaml': site(`installerArgs: '["--offline", "a b", 5]'`),
    },
    at: ['a.yaml:6:22', 'b.yaml:6:24', 'b.yaml:6:37', 'b.yaml:6:44'],
    good: { 'a.yaml': site(`installerArgs: '["--save-partlabel", "data", "--append-karg=quiet", "-n"]'`) },
  },
  {
    rule: 'EL033',
    bad: { 's.yaml': site(override(ignition({ storage: { files: [{ path: 'etc/x' }] }, sotrage: {} }))) },
    at: ['s.yaml:6:92', 's.yaml:6:103'],
    good: { 's.yaml': site(override(ignition({ storage: { files: [{ path: '/etc/x' }] } }))) },
  },
  {
    rule: 'EL034',
    bad: {
      's.bu':
        'variant: fcos\nversion: 1.3.0\nstorage:\n  disks:\n  - device: /dev/disk/by-id/x\n    wipe_tabel: true\n  filesystems:\n  - device: x\n',
    },
    at: ['s.bu:6:5', 's.bu:8:13'],
    good: {
      's.bu':
        'variant: fcos\nversion: 1.3.0\nstorage:\n  disks:\n  - device: /dev/disk/by-id/x\n    wipe_table: true\n',
    },
  },
  {
    rule: 'EL035',
    bad: {
      'p.yaml': registryFiles('    spec: {storage: {pvc: {claim: other-pvc}}}'),
      'q.yaml': registryFiles('    spec: {storage: {pvc: {claim: image-registry-pvc}}}')
        .replace('100Gi', '200Gi')
        .replace('image-registry-sc', 'fast'),
    },
    at: ['p.yaml:17:35', 'q.yaml:10:39', 'q.yaml:11:25'],
    good: { 'p.yaml': registryFiles('    spec: {storage: {pvc: {claim: image-registry-pvc}}}') },
  },
];

const places = (files: Record<string, string>, rule: string, options?: LintOptions) =>
  lint(
    Object.entries(files).map(([path, text]) => ({ path, text })),
    options,
  )
    .diagnostics.filter((found) => found.rule === rule)
    .map(({ file: name, line, column }) => `${name}:${line}:${column}`);

describe.each(CASES)('$rule', ({ rule, bad, at, good, options }) => {
  it('finds what is wrong, at its place', () => expect(places(bad, rule, options)).toEqual(at));
  it('leaves alone what is right', () => expect(places(good, rule, options)).toEqual([]));
});

it('has a case for each rule', () => {
  expect(CASES.map(({ rule }) => rule)).toEqual(RULES.map(({ id }) => id));
});
