import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { collectScript } from './collect-script.js';
import { type CollectedFile, readEvidence } from './evidence.js';
import type { SiteExpectation } from './expectation.js';
import { ExpectationError, readExpectation } from './read-expectation.js';
import { verificationText } from './verify-text.js';
import { verifySite } from './verify-site.js';

const ignition = {
  ignition: { version: '3.2.0' },
  storage: { disks: [{ device: '/dev/disk/by-path/a', partitions: [] }] },
};

/** Figures of edge.md 5: a disk of 457344 MiB with 102500 MiB at 344844 for the registry. */
const expectation: SiteExpectation = {
  version: 1,
  site: 'site-a',
  cluster: 'sno-a',
  disk: '/dev/disk/by-path/a',
  ignition,
  rootGiB: '336.3',
  partitions: [
    {
      label: 'var-imageregistry',
      mountPoint: '/var/imageregistry',
      sizeGiB: '100.1',
      mountOptions: ['defaults', 'prjquota'],
    },
  ],
  registry: {
    storageClass: 'image-registry-sc',
    volume: 'image-registry-pv-filesystem',
    claim: 'image-registry-pvc',
    claimNamespace: 'openshift-image-registry',
    storage: '100Gi',
    path: '/var/imageregistry',
  },
  policies: ['ztp-site.site-a-config-for-image-registry'],
};

const json = (name: string, value: unknown): CollectedFile => ({ name, text: JSON.stringify(value) });
const pod = (name: string, ready = true) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'openshift-image-registry' },
  status: { phase: 'Running', containerStatuses: [{ ready }] },
});
const partition = (name: string, size: string, mountpoint: string | null) => ({ name, size, type: 'part', mountpoint });

const files = {
  host: json('host.json', {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      {
        apiVersion: 'metal3.io/v1alpha1',
        kind: 'BareMetalHost',
        metadata: {
          name: 'node1',
          namespace: 'sno-a',
          annotations: {
            'bmac.agent-install.openshift.io/ignition-config-overrides': JSON.stringify(ignition, undefined, 2),
          },
        },
      },
    ],
  }),
  lsblk: json('lsblk.json', {
    blockdevices: [
      {
        name: 'sda',
        size: '446.6G',
        type: 'disk',
        mountpoint: null,
        children: [partition('sda4', '336.3G', '/sysroot'), partition('sda5', '100.1G', '/var/imageregistry')],
      },
    ],
  }),
  df: {
    name: 'df.txt',
    text: 'Filesystem      Size  Used Avail Use% Mounted on\n/dev/sda4       337G  5.2G  331G   2% /sysroot\n/dev/sda5       101G   19G   82G  19% /var/imageregistry\n',
  },
  after: {
    name: 'df-after.txt',
    text: 'Filesystem      Size  Used Avail Use% Mounted on\n/dev/sda5       101G   20G   81G  20% /var/imageregistry\n',
  },
  mounts: { name: 'mounts.txt', text: '/dev/sda5 /var/imageregistry xfs rw,relatime,prjquota 0 0\n' },
  storage: {
    name: 'storage.yaml',
    text: `apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: image-registry-sc}
provisioner: kubernetes.io/no-provisioner
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: image-registry-pv-filesystem}
spec:
  capacity: {storage: 100Gi}
  local: {path: /var/imageregistry/}
  claimRef: {namespace: openshift-image-registry, name: image-registry-pvc}
status: {phase: Bound}
`,
  },
  claim: json('claims.json', {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'image-registry-pvc', namespace: 'openshift-image-registry' },
    spec: { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '100Gi' } } },
    status: { phase: 'Bound' },
  }),
  config: json('config.json', {
    apiVersion: 'imageregistry.operator.openshift.io/v1',
    kind: 'Config',
    metadata: { name: 'cluster' },
    spec: { managementState: 'Managed', storage: { pvc: { claim: 'image-registry-pvc' } } },
    status: {
      conditions: [
        { type: 'Available', status: 'True' },
        { type: 'Progressing', status: 'False' },
        { type: 'Degraded', status: 'False' },
      ],
    },
  }),
  pods: json('pods.json', {
    kind: 'PodList',
    apiVersion: 'v1',
    items: [pod('cluster-image-registry-operator-68f5-42cfg'), pod('image-registry-5f89-6nx6h')],
  }),
  login: { name: 'login.txt', text: 'Login Succeeded!\n' },
  policies: json('policies.json', {
    apiVersion: 'policy.open-cluster-management.io/v1',
    kind: 'Policy',
    metadata: { name: 'ztp-site.site-a-config-for-image-registry', namespace: 'sno-a' },
    status: { compliant: 'Compliant' },
  }),
};

/** The output of df with the sizes that are given. */
function dfOf(unit: string, size: number | string, used: number | string, name = 'df.txt'): CollectedFile {
  const lines = [
    `Filesystem ${unit} Used Available Use% Mounted on`,
    `/dev/sda5 ${size} ${used} 1 19% /var/imageregistry`,
  ];
  return { name, text: `${lines.join('\n')}\n` };
}
const dfAfter = (unit: string, size: number | string, used: number | string) => dfOf(unit, size, used, 'df-after.txt');

const verify = (changes: Partial<Record<keyof typeof files, CollectedFile | undefined>> = {}) =>
  verifySite(expectation, readEvidence(Object.values({ ...files, ...changes }).filter((file) => file !== undefined)));

const wrongOf = (report: ReturnType<typeof verify>) =>
  report.checks.filter(({ status }) => status !== 'fits').map(({ id, status, found }) => `${id} ${status}: ${found}`);

describe('a site', () => {
  it('that fits its plan', () => {
    const report = verify();
    expect(wrongOf(report)).toEqual([]);
    expect(report.verdict).toBe('fits');
    expect(report.checks.map(({ id }) => id)).toEqual([
      'V1',
      'V2',
      'V2',
      'V3',
      'V4',
      'V5',
      'V6',
      'V7',
      'V8',
      'V9',
      'V10',
      'V11',
    ]);
  });

  it('whose override holds more than the plan', () => {
    const more = {
      ...ignition,
      storage: { disks: [{ device: '/dev/disk/by-path/b' }, ...ignition.storage.disks] },
      systemd: { units: [{ name: 'load.service' }] },
    };
    const host = {
      name: 'host.json',
      text: files.host.text.replace(/"\{.*\}"(?=\})/, JSON.stringify(JSON.stringify(more))),
    };
    expect(verify({ host }).checks[0]).toMatchObject({ status: 'fits', found: 'node1 has it, and more' });
  });

  it.each<[string, Partial<Record<keyof typeof files, CollectedFile>>, string[]]>([
    [
      'whose annotation names another disk',
      { host: { name: 'host.json', text: files.host.text.replace('by-path/a', 'by-id/wwn-0x1') } },
      ['V1 differs: storage.disks[0].device: is "/dev/disk/by-id/wwn-0x1", expected "/dev/disk/by-path/a"'],
    ],
    [
      'without a host',
      { host: json('host.json', { kind: 'BareMetalHostList', apiVersion: 'metal3.io/v1alpha1', items: [] }) },
      ['V1 differs: no BareMetalHost of sno-a in sno-a'],
    ],
    [
      'with the data partition elsewhere and a small root',
      { lsblk: { name: 'l', text: files.lsblk.text.replace('336.3G', '243.6G').replace('100.1G', '202.5G') } },
      ['V2 differs: sda4 has 243.6G', 'V2 differs: sda5 has 202.5G'],
    ],
    [
      'that mounts nothing there',
      { lsblk: { name: 'l', text: files.lsblk.text.replace('/var/imageregistry', '/var/lib/containers') } },
      ['V2 differs: nothing is mounted at /var/imageregistry'],
    ],
    [
      'without quotas',
      { mounts: { name: 'm', text: '/dev/sda5 /var/imageregistry xfs rw,relatime 0 0\n' } },
      ['V3 differs: it is mounted without prjquota'],
    ],
    [
      'with the path on the root partition',
      { df: { name: 'df.txt', text: files.df.text.replace('/dev/sda5       101G', '/dev/sda4       337G') } },
      ['V3 differs: /dev/sda4 is also mounted at /sysroot; df shows 337G'],
    ],
    [
      'whose volume has another path',
      { storage: { name: 's', text: files.storage.text.replace('/var/imageregistry/', '/mnt/local-storage') } },
      ['V5 differs: spec.local.path is /mnt/local-storage, not /var/imageregistry'],
    ],
    [
      'whose claim waits',
      { claim: { name: 'c', text: files.claim.text.replace('"Bound"', '"Pending"') } },
      ['V6 differs: status.phase is Pending, not Bound'],
    ],
    [
      'whose registry is removed',
      { config: { name: 'c', text: files.config.text.replace('Managed', 'Removed') } },
      ['V7 differs: spec.managementState is Removed, not Managed'],
    ],
    [
      'whose registry does not become ready',
      {
        pods: json('pods.json', {
          kind: 'PodList',
          apiVersion: 'v1',
          items: [pod('cluster-image-registry-operator-1'), pod('image-registry-1', false)],
        }),
      },
      ['V8 differs: image-registry-1 is Running and not ready'],
    ],
    [
      'whose registry has no pod but that of the pruner',
      {
        pods: json('pods.json', {
          kind: 'PodList',
          apiVersion: 'v1',
          items: [pod('cluster-image-registry-operator-1'), pod('image-pruner-1')],
        }),
      },
      ['V8 differs: no pod image-registry-*'],
    ],
    ['that refuses a login', { login: { name: 'login.txt', text: 'unauthorized' } }, ['V9 differs: the login failed']],
    [
      'that stores pushes elsewhere',
      { df: dfOf('1B-blocks', 107374182400, 20401094656), after: dfAfter('1B-blocks', 107374182400, 20401094656) },
      ['V10 differs: 20401094656 bytes before and 20401094656 bytes after the push'],
    ],
    [
      'that has less after a push',
      { after: { name: 'df-after.txt', text: files.df.text.replace(' 19G', ' 18G') } },
      ['V10 differs: 19G before and 18G after the push'],
    ],
    [
      'with a policy that does not hold',
      { policies: { name: 'p', text: files.policies.text.replace('"Compliant"', '"NonCompliant"') } },
      ['V11 differs: status.compliant is NonCompliant, not Compliant'],
    ],
  ])('%s', (_, changes, wrong) => {
    const report = verify(changes);
    expect(wrongOf(report)).toEqual(wrong);
    expect(report.verdict).toBe('differs');
  });

  it('of which nothing was collected', () => {
    const report = verifySite(expectation, readEvidence([]));
    expect(report.checks.every(({ status }) => status === 'unseen')).toBe(true);
    expect(report.verdict).toBe('unseen');
  });

  it('needs no push by hand to fit', () => {
    const report = verify({ login: undefined, after: undefined });
    expect(wrongOf(report)).toEqual(['V9 unseen: not collected', 'V10 unseen: not collected']);
    expect(report.verdict).toBe('fits');
  });
});

describe('a push that is smaller than what df counts by', () => {
  const growthOf = (df: CollectedFile, after: CollectedFile) =>
    verify({ df, after }).checks.find(({ id }) => id === 'V10');

  it.each([
    ['bytes', dfOf('1B-blocks', 107374182400, 20401094656), dfAfter('1B-blocks', 107374182400, 20401099776)],
    ['blocks of 1 KiB', dfOf('1K-blocks', 104857600, 19922944), dfAfter('1K-blocks', 104857600, 19922949)],
    [
      'blocks, and then bytes',
      dfOf('1024-blocks', 104857600, 19922944),
      dfAfter('1B-blocks', 107374182400, 20401094657),
    ],
  ])('shows in %s', (_, df, after) => {
    expect(growthOf(df, after)?.status).toBe('fits');
  });

  it.each([
    ['the same', files.df, { name: 'df-after.txt', text: files.df.text }, '19G before and 19G after the push'],
    [
      'in another unit',
      dfOf('Size', '101G', '999M'),
      dfAfter('Size', '101G', '1.0G'),
      '1G before and 1G after the push',
    ],
  ])('is left open by rounded figures that are %s', (_, df, after, figures) => {
    const found = `${figures}, which df has rounded; collect both by df -B1`;
    expect(growthOf(df, after)).toMatchObject({ status: 'unseen', found, optional: true });
  });
});

describe('a partition of more than a TiB', () => {
  const [planned] = expectation.partitions;
  const large = { ...expectation, partitions: planned ? [{ ...planned, sizeGiB: '1700.0' }] : [] };
  const found = (size: string | number, df: string) => {
    const child = { ...partition('sda5', '', '/var/imageregistry'), size };
    const usage = `Filesystem ${df} Used Avail Use% Mounted on\n/dev/sda5 `;
    const value = df === 'Size' ? '1.7T 19G 1.6T 2%' : '1781530624 1024 1781529600 1%';
    const text = `${usage}${value} /var/imageregistry\n`;
    const report = verifySite(large, readEvidence([json('l', { blockdevices: [child] }), { name: 'df.txt', text }]));
    return report.checks.filter(({ what }) => /^partition|^file system/.test(what)).map(({ status }) => status);
  };

  it.each([
    ['1.7T', 'Size', ['fits', 'fits']],
    [1700 * 1024 ** 3, '1024-blocks', ['fits', 'fits']],
    ['1.8T', 'Size', ['differs', 'fits']],
    [1690 * 1024 ** 3, '1K-blocks', ['differs', 'fits']],
  ])('of which lsblk tells %j, and df %s', (size, df, statuses) => {
    expect(found(size, df)).toEqual(statuses);
  });
});

describe('the outputs that the product manual prints', () => {
  const read = (path: string) => readFileSync(join(import.meta.dirname, '../../vectors', path), 'utf8');
  const planned = readExpectation(read('plan/containers-after-250000/verification.json'));
  const lsblk = json('lsblk.json', {
    blockdevices: [
      {
        name: 'sda',
        size: '446.6G',
        type: 'disk',
        children: [
          {
            name: 'sda4',
            size: '243.6G',
            type: 'part',
            mountpoints: ['/var', '/sysroot/ostree/deploy/rhcos/var', '/sysroot'],
          },
          { name: 'sda5', size: '202.5G', type: 'part', mountpoints: ['/var/lib/containers'] },
        ],
      },
    ],
  });
  const df = {
    name: 'df.txt',
    text: 'Filesystem      Size  Used Avail Use% Mounted on\ntmpfs           126G   84K  126G   1% /dev/shm\n/dev/sda4       244G  5.2G  239G   3% /sysroot\n/dev/sda5       203G  119G   85G  59% /var/lib/containers\n',
  };

  it('fit the plan but for the name of the disk', () => {
    const annotation = { name: 'annotation.json', text: read('lint/seed-000/annotation.json') };
    const report = verifySite(planned, readEvidence([annotation, lsblk, df]));
    expect(report.checks.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'V1 differs',
      'V2 fits',
      'V2 fits',
      'V3 fits',
    ]);
    expect(report.checks[0]?.found).toBe(
      'storage.disks[0].device: is "/dev/disk/by-id/wwn-0x6b07b250ebb9d0002a33509f24af1f62", expected "/dev/disk/by-path/pci-0000:01:00.0-scsi-0:2:0:0"',
    );
  });
});

describe('collected files', () => {
  it.each([
    [
      'NAME   MAJ:MIN RM   SIZE RO TYPE MOUNTPOINTS\nsda      8:0\n',
      'it is the table of lsblk; collect the output of lsblk -J',
    ],
    ['', 'it is empty'],
    ['{"a": ', 'it is no JSON: expected a value, found the end of the text'],
    ['a: b\n\tc: d\n', 'it is no YAML: tabs are not allowed as indentation'],
    ['hello', 'it has neither block devices nor objects of a cluster'],
  ])('%j are told of', (text, reason) => {
    expect(readEvidence([{ name: 'x', text }]).unread).toEqual([{ file: 'x', reason }]);
  });

  it('of the collecting script tell that there is nothing', () => {
    const evidence = readEvidence([json('policies.json', { apiVersion: 'v1', kind: 'List', items: [] })]);
    expect(evidence).toMatchObject({ kinds: new Set(['Policy']), unread: [] });
  });

  it('may have bytes, and mount points of newer versions', () => {
    const child = { name: 'vda4', size: 361097068544, type: 'part', mountpoints: ['/var', null, '/sysroot'] };
    const evidence = readEvidence([json('l', { blockdevices: [{ name: 'vda', type: 'disk', children: [child] }] })]);
    expect(evidence.blockDevices?.[0]?.children[0]).toMatchObject({
      size: '336.3G',
      mountPoints: ['/var', '/sysroot'],
    });
  });
});

describe('a plan’s verification.json', () => {
  it('is read back as it was written', () => {
    expect(readExpectation(JSON.stringify(expectation))).toEqual(expectation);
  });

  it.each([
    ['{}', '"version": 1'],
    ['[', 'expected a value, found the end'],
    [JSON.stringify({ ...expectation, cluster: 5 }), 'cluster: expected text'],
    [JSON.stringify({ ...expectation, partitions: [{}] }), 'partitions[0].label: expected text'],
    [JSON.stringify({ ...expectation, registry: {} }), 'registry.storageClass: expected text'],
    [JSON.stringify({ ...expectation, policies: 'x' }), 'policies: expected a list'],
  ])('is refused: %s', (text, message) => {
    expect(() => readExpectation(text)).toThrow(ExpectationError);
    expect(() => readExpectation(text)).toThrow(message);
  });
});

it('prints one table and a verdict', () => {
  const text = verificationText(verify({ login: undefined }));
  const lines = text.trimEnd().split('\n');
  expect(lines).toHaveLength(1 + 12 + 1);
  expect(lines[2]).toMatch(/^V2 {5}root partition +336\.3G +ok +sda4 336\.3G$/);
  expect(lines.at(-1)).toBe('sno-a: the site fits its plan (11 ok, 0 DIFFERS, 1 unseen)');
});

it('writes a script that collects each kind of evidence', () => {
  const script = collectScript({ ...expectation, node: 'node1.example.com' });
  expect(script).toContain('oc debug --quiet node/node1.example.com -- chroot /host lsblk -J -b\n');
  expect(script.match(/^keep /gm)).toHaveLength(9);
});
