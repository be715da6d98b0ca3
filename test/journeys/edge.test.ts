/**
 * The journey of an edge site: an intent is put into a Git checkout, looked at, generated, "installed", and verified. Runs the
 * compiled program: `npm run build` must have run.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { requireProgram, runLongshore, runProgram, temporaryFolder } from '@longshore/testkit';
import { beforeAll, describe, expect, it } from 'vitest';

const DISK = '/dev/disk/by-path/pci-0000:01:00.0-scsi-0:2:0:0';

let dir: string;
beforeAll(async () => {
  dir = temporaryFolder('journey');
  for (const [path, text] of Object.entries(CHECKOUT)) {
    await mkdir(join(dir, path, '..'), { recursive: true });
    await writeFile(join(dir, path), text);
  }
});

const longshore = (...args: string[]) =>
  runLongshore(args, { cwd: dir, mayFail: true, env: { PATH: process.env['PATH'] } });
const textOf = (path: string) => readFile(join(dir, path), 'utf8');

const CHECKOUT = {
  'intent.yaml': `site: site-a
cluster: sno-a
disk: ${DISK}
diskSize: 457344MiB
partitions:
  - {purpose: registry, size: 102500MiB}
wave: 100
`,
  'sites/siteconfig/site-a.yaml': `# Owned by the people of site A.
apiVersion: ran.openshift.io/v2
kind: SiteConfig
metadata:
  name: site-a
  namespace: site-a
spec:
  baseDomain: edge.example.com
  pullSecretRef: {name: pull-secret}
  clusterImageSetNameRef: img4.16.3-x86-64
  sshPublicKey: ssh-ed25519 AAAA edge
  clusters:
  - clusterName: sno-a
    networkType: OVNKubernetes
    clusterLabels: {sites: site-a}
    nodes:
    # the only node
    - hostName: node1.sno-a.edge.example.com
      bmcAddress: redfish-virtualmedia+https://192.0.2.5/redfish/v1/Systems/1
      bmcCredentialsName: {name: bmc-node1}
      bootMACAddress: "02:00:00:00:00:01"
`,
  'sites/policygentemplates/kustomization.yaml': `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
generators:
- group-du-sno.yaml
`,
  'sites/policygentemplates/group-du-sno.yaml': `apiVersion: ran.openshift.io/v1
kind: PolicyGenTemplate
metadata: {name: group-du-sno, namespace: ztp-group}
spec:
  bindingRules: {group-du-sno: ""}
  sourceFiles: []
`,
};

describe.sequential('an edge site', () => {
  it('is planned into the checkout, which says so to CI until it is done', async () => {
    const into = ['edge', 'plan', 'intent.yaml', '--into', 'sites'];
    expect((await longshore(...into, '--check')).status).toBe(1);
    const done = await longshore(...into);
    expect(done).toMatchObject({ status: 0, stderr: '' });
    expect(done.stdout).toMatch(
      /wrote sites\/siteconfig\/site-a\.yaml\n.*\n.*\n.*kustomization\.yaml\n4 files changed\n$/,
    );
    const again = await longshore(...into, '--check');
    expect(again).toMatchObject({ status: 0, stdout: expect.stringMatching(/everything is as planned\n$/) as string });
    const site = await textOf('sites/siteconfig/site-a.yaml');
    expect(site.startsWith(CHECKOUT['sites/siteconfig/site-a.yaml'])).toBe(true);
    expect(await textOf('sites/policygentemplates/kustomization.yaml')).toMatch(
      /- group-du-sno\.yaml\n- site-a-image-registry\.yaml\n$/,
    );
  });

  it('has configuration in which lint finds nothing, until somebody edits it carelessly', async () => {
    expect(await longshore('edge', 'lint', '--strict', '--disk-size', '457344MiB', 'sites')).toEqual({
      status: 0,
      stdout: 'clean\n',
      stderr: '',
    });
    const site = await textOf('sites/siteconfig/site-a.yaml');
    await writeFile(join(dir, 'careless.yaml'), site.replace('"sizeMiB": 102500', '"sizeMiB": 10250'));
    const { status, stdout } = await longshore('edge', 'lint', 'careless.yaml', 'sites/policygentemplates');
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /site-a-image-registry\.yaml:\d+:\d+: error EL022 .*: the volume has 100Gi, the partition var-imageregistry of 10250 MiB/,
    );
  });

  it('has an Ignition that Ignition takes', async () => {
    await longshore('edge', 'plan', 'intent.yaml', '--out', 'plan');
    const validate = await requireProgram('ignition-validate', 'ignition');
    await runProgram(validate, [join(dir, 'plan/storage.ign')]);
  });

  it('has units that systemd takes', async () => {
    const analyze = await requireProgram('systemd-analyze', 'systemd');
    const { systemd } = JSON.parse(await textOf('plan/storage.ign')) as {
      systemd: { units: { name: string; contents: string }[] };
    };
    await mkdir(join(dir, 'units'));
    for (const { name, contents } of systemd.units) await writeFile(join(dir, 'units', name), contents);
    const paths = systemd.units.map(({ name }) => join(dir, 'units', name));
    const { stderr } = await runProgram(analyze, ['verify', '--man=no', ...paths], { mayFail: true });
    // The file system check's template is part of systemd, but not on every machine that runs the tests.
    expect(stderr.split('\n').filter((line) => line.includes('units/') && !line.includes('systemd-fsck@'))).toEqual([]);
  });

  it('is generated, with the planned Ignition on the host', async () => {
    const site = await longshore('siteconfig-generator', '-outPath', 'out', 'sites/siteconfig/site-a.yaml');
    expect(site.status, site.stderr).toBe(0);
    const policies = await longshore(
      'policygenerator',
      '-outPath',
      'policies',
      'sites/policygentemplates/site-a-image-registry.yaml',
    );
    expect(policies.status, policies.stderr).toBe(0);
    expect(
      (await readdir(join(dir, 'policies/site-a'))).filter((name) => /-for-image-registry\.yaml$/.test(name)),
    ).toHaveLength(4);
  });

  it('has the same policies for the generator of ACM, which kustomize runs in their folder', async () => {
    const cwd = join(dir, 'plan');
    const args = ['policygenerator', '-outPath', '../acm', 'policygenerator.yaml'];
    const { status, stderr } = await runLongshore(args, { cwd, mayFail: true });
    expect(status, stderr).toBe(0);
    const names = await readdir(join(dir, 'acm'), { recursive: true });
    const texts = await Promise.all(
      names.filter((name) => name.endsWith('.yaml')).map((name) => textOf(join('acm', name))),
    );
    const policies = texts.join('---\n').match(/^kind: Policy$/gm);
    expect(policies).toHaveLength(4);
  });

  it('is verified by files that its people have collected', async () => {
    await mkdir(join(dir, 'collected'));
    const [host = ''] = (await readdir(join(dir, 'out/site-a'))).filter((name) => name.includes('baremetalhost'));
    await writeFile(join(dir, 'collected/host.yaml'), await textOf(`out/site-a/${host}`));
    for (const [name, text] of Object.entries(installed('100.1G'))) await writeFile(join(dir, 'collected', name), text);
    const verify = ['edge', 'verify', '--plan', 'plan/verification.json', '--collected', 'collected'];
    const good = await longshore(...verify);
    expect(good.stdout).toMatch(/sno-a: the site fits its plan \(13 ok, 0 DIFFERS, 2 unseen\)\n$/);
    expect(good.status).toBe(0);
    for (const [name, text] of Object.entries(installed('50.1G'))) await writeFile(join(dir, 'collected', name), text);
    const bad = await longshore(...verify, '--json');
    expect(bad.status).toBe(1);
    const { checks } = JSON.parse(bad.stdout) as { checks: { id: string; status: string; found: string }[] };
    expect(checks.filter(({ status }) => status === 'differs')).toMatchObject([{ id: 'V2', found: 'sda5 has 50.1G' }]);
  });
});

/** What a site answers; `size` is that of the registry's partition. */
function installed(size: string): Record<string, string> {
  const object = (apiVersion: string, kind: string, name: string, rest: object, namespace?: string) => ({
    apiVersion,
    kind,
    metadata: { name, namespace },
    ...rest,
  });
  const registry = 'openshift-image-registry';
  const ready = { status: { phase: 'Running', containerStatuses: [{ ready: true }] } };
  const condition = (type: string, status: string) => ({ type, status });
  const items = [
    object('storage.k8s.io/v1', 'StorageClass', 'image-registry-sc', { provisioner: 'kubernetes.io/no-provisioner' }),
    object('v1', 'PersistentVolume', 'image-registry-pv-filesystem', {
      spec: {
        capacity: { storage: '100Gi' },
        local: { path: '/var/imageregistry' },
        claimRef: { namespace: registry, name: 'image-registry-pvc' },
      },
      status: { phase: 'Bound' },
    }),
    object(
      'v1',
      'PersistentVolumeClaim',
      'image-registry-pvc',
      {
        spec: { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '100Gi' } } },
        status: { phase: 'Bound' },
      },
      registry,
    ),
    object('imageregistry.operator.openshift.io/v1', 'Config', 'cluster', {
      spec: { managementState: 'Managed', storage: { pvc: { claim: 'image-registry-pvc' } } },
      status: {
        conditions: [condition('Available', 'True'), condition('Progressing', 'False'), condition('Degraded', 'False')],
      },
    }),
    object('v1', 'Pod', 'cluster-image-registry-operator-1', ready, registry),
    object('v1', 'Pod', 'image-registry-1', ready, registry),
    ...['pv', 'sc', 'pvc', 'config'].map((part) =>
      object(
        'policy.open-cluster-management.io/v1',
        'Policy',
        `ztp-site.site-a-${part}-for-image-registry`,
        { status: { compliant: 'Compliant' } },
        'sno-a',
      ),
    ),
  ];
  const part = (name: string, partSize: string, mountpoint: string) => ({
    name,
    size: partSize,
    type: 'part',
    mountpoint,
  });
  const sda = {
    name: 'sda',
    size: '446.6G',
    type: 'disk',
    children: [part('sda4', '336.3G', '/sysroot'), part('sda5', size, '/var/imageregistry')],
  };
  return {
    'objects.json': JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
    'lsblk.json': JSON.stringify({ blockdevices: [sda] }),
    'df.txt':
      'Filesystem Size Used Avail Use% Mounted on\n/dev/sda4 337G 5.2G 331G 2% /sysroot\n/dev/sda5 101G 19G 82G 19% /var/imageregistry\n',
  };
}
