import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { beforeEach, describe, expect, it } from 'vitest';
import { checkInstance } from '../siteconfig/check-instance.js';
import { runSiteconfigConverter, type SiteconfigConverterOptions } from './siteconfig-converter.js';

let dir: string;
beforeEach(() => {
  dir = temporaryFolder('convert');
});

const site = (cluster = '', node = '') => `apiVersion: ran.openshift.io/v1
kind: SiteConfig
metadata: {name: site-a, namespace: site-a}
spec:
  baseDomain: example.net
  pullSecretRef: {name: pull-secret}
  clusterImageSetNameRef: img4.16.3
  sshPublicKey: ssh-ed25519 AAAA
  clusters:
  - clusterName: sno-a
    networkType: OVNKubernetes
${cluster}
    nodes:
    - hostName: node1.example.net
      bmcAddress: redfish-virtualmedia+https://192.0.2.5/redfish/v1/Systems/1
      bmcCredentialsName: {name: bmc}
      bootMACAddress: "02:00:00:00:00:01"
${node}
`;

function convert(texts: string[], options: Partial<SiteconfigConverterOptions> = {}) {
  const files = texts.map((text, index) => {
    const file = join(dir, `${index}.yaml`);
    writeFileSync(file, text);
    return file;
  });
  const told: string[] = [];
  const output = { print: () => undefined, log: (line: string) => void told.push(line.replaceAll(`${dir}/`, '')) };
  const outPath = join(dir, 'out');
  const status = runSiteconfigConverter({ files, outPath, writeWarnings: false, ...options }, output);
  return { status, told, text: (file: string) => readFileSync(join(outPath, file), 'utf8') };
}

describe('runSiteconfigConverter', () => {
  it('makes a ClusterInstance that nothing is wrong with', () => {
    const cluster = `    clusterLabels: {sites: site-a}
    serviceNetwork: [172.30.0.0/16]
    crAnnotations: {add: {ManagedCluster: {a: b}}}
    crSuppression: [KlusterletAddonConfig]`;
    const network = '      nodeNetwork: {interfaces: [{name: a, macAddress: b}], config: {dns-resolver: {}}}';
    const ran = convert([site(cluster, network)], { suppressed: ['ManagedCluster'] });
    expect(ran).toMatchObject({ status: 0, told: [] });
    const { instance, findings } = checkInstance('sno-a.yaml', ran.text('sno-a.yaml'));
    expect(findings.all).toEqual([]);
    expect(instance?.spec).toMatchObject({
      clusterName: 'sno-a',
      clusterType: 'SNO',
      serviceNetwork: [{ cidr: '172.30.0.0/16' }],
      extraLabels: { ManagedCluster: { sites: 'site-a' } },
      extraAnnotations: { ManagedCluster: { a: 'b' } },
      suppressedManifests: ['KlusterletAddonConfig', 'ManagedCluster'],
    });
    expect(ran.text('kustomization.yaml')).toContain('resources:\n    - sno-a.yaml\n');
  });

  it.each<[string, string, string, string]>([
    ['apiVIP', '    apiVIP: 192.0.2.1', '', 'it is now the first of apiVIPs'],
    ['apiVIP', '    apiVIP: 192.0.2.1\n    apiVIPs: []', '', 'it is now the first of apiVIPs'],
    ['ingressVIP', '    ingressVIP: 192.0.2.1\n    ingressVIPs: [192.0.2.1, "::1"]', '', 'it is now the first'],
    [
      'ingressVIP',
      '    ingressVIP: 192.0.2.1\n    ingressVIPs: [192.0.2.2]',
      '',
      '192.0.2.1 is lost, since ingressVIPs begins with 192.0.2.2',
    ],
    ['biosConfigRef', '    biosConfigRef: {filePath: bios.profile}', '', 'HostFirmwareSettings'],
    ['crTemplates', '    crTemplates: {ManagedCluster: mc.yaml}', '', 'put the templates into ConfigMaps'],
    ['mergeDefaultMachineConfigs', '    mergeDefaultMachineConfigs: true', '', 'were merged once'],
    ['cpuset', '', '      cpuset: 0-1', 'it is now a manifest'],
    ['userData', '', '      userData: {a: b}', 'by a node template of your own'],
  ])('warns that %s has no place', (field, cluster, node, advice) => {
    const { told, status } = convert([site(cluster, node)]);
    expect(status).toBe(0);
    expect(told).toContainEqual(
      expect.stringMatching(new RegExp(`${field} has no place in a ClusterInstance; .*${advice}`)),
    );
  });

  it.each([
    ['[]', ['192.0.2.1']],
    ['[192.0.2.2]', ['192.0.2.2']],
    ['~', ['192.0.2.1']],
  ])('takes a single address where the list is %s', (list, expected) => {
    const { text } = convert([site(`    apiVIP: 192.0.2.1\n    apiVIPs: ${list}`, '')]);
    const { instance } = checkInstance('sno-a.yaml', text('sno-a.yaml'));
    expect(instance?.spec.apiVIPs).toEqual(expected);
  });

  it('writes extra manifests beside it, and warnings into it', () => {
    const partition =
      '      diskPartition: [{device: /dev/disk/by-path/a, partitions: [{mount_point: /var/x, size: 100, start: 25000}]}]';
    const ran = convert([site('', partition)], { writeWarnings: true });
    expect(ran).toMatchObject({ status: 0, told: [] });
    expect(ran.text('sno-a.yaml')).toMatch(/^# .*diskPartition has no place/);
    const [manifest = ''] = readdirSync(join(dir, 'out/sno-a-extra-manifests'));
    expect(ran.text(`sno-a-extra-manifests/${manifest}`)).toContain('kind: MachineConfig');
    expect(ran.text('kustomization.yaml')).toContain(`- sno-a-extra-manifests/${manifest}\n`);
    expect(ran.text('sno-a.yaml')).toContain('extraManifestsRefs:\n        - name: extra-manifests-cm\n');
  });

  it('leaves out what is wrong, and a cluster that is there already', () => {
    const other = site().replace('sno-a', 'sno-b');
    const { status, told, text } = convert([site().replace('baseDomain', 'basDomain'), site(), site(), other]);
    expect(status).toBe(1);
    expect(told[0]).toMatch(/^0\.yaml:5:3: error SC003/);
    expect(told[1]).toBe('2.yaml: the cluster sno-a is there already; another file has one of this name');
    expect(text('sno-a.yaml').match(/kind: ClusterInstance/g)).toHaveLength(1);
    expect(text('kustomization.yaml')).toContain('resources:\n    - sno-a.yaml\n    - sno-b.yaml\n');
  });
});
