import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@longshore/testkit/temporary-folder';
import { beforeEach, describe, expect, it } from 'vitest';
import { folderSink, printSink, type GeneratorOutput, type ObjectSink } from './generator-output.js';
import { runSiteconfigGenerator, type SiteconfigGeneratorOptions } from './siteconfig-generator.js';

let dir: string;
beforeEach(() => {
  dir = temporaryFolder('siteconfig');
});

function run(
  options: Partial<SiteconfigGeneratorOptions> & Pick<SiteconfigGeneratorOptions, 'inputs'>,
  sink?: ObjectSink,
) {
  const printed = { stdout: '', stderr: '' };
  const output: GeneratorOutput = {
    print: (text) => (printed.stdout += text),
    log: (line) => (printed.stderr += line.endsWith('\n') ? line : `${line}\n`),
  };
  const all = { extraManifestOnly: false, stopOnError: false, strict: false, ...options };
  return { ...runSiteconfigGenerator(all, sink ?? printSink(output), output), ...printed };
}

interface Site {
  version?: string;
  cluster?: string;
  node?: string;
  site?: string;
}

/** A SiteConfig with more fields, each as a line. */
const siteWith = ({
  version = 'v2',
  site = '',
  cluster = '',
  node = '',
}: Site) => `apiVersion: ran.openshift.io/${version}
kind: SiteConfig
metadata: {name: site-a, namespace: site-a}
spec:
  baseDomain: edge.example.net
  pullSecretRef: {name: pull-secret}
  clusterImageSetNameRef: img4.16.3
${site}
  clusters:
  - clusterName: sno-a
${cluster}
    nodes:
    - hostName: node1.sno-a.example.net
      bmcAddress: redfish-virtualmedia+https://10.0.0.5/redfish/v1/Systems/1
      bmcCredentialsName: {name: bmc}
      bootMACAddress: "AA:BB:CC:00:00:01"
${node}
`;

const input = (text: string) => ({ inputs: [{ name: 's.yaml', text }] });
const resourcesOf = (stdout: string) =>
  stdout.split(/^---\n/m).flatMap((text) => {
    const kind = /^kind: (\w+)$/m.exec(text)?.[1];
    return kind === undefined ? [] : [{ kind, text }];
  });
const resource = (stdout: string, kind: string) => resourcesOf(stdout).find((found) => found.kind === kind)?.text ?? '';

describe('what is generated', () => {
  it('comes in the order in which it is applied', () => {
    const nodeNetwork = '      nodeNetwork: {interfaces: [{name: a, macAddress: b}]}';
    expect(resourcesOf(run(input(siteWith({ node: nodeNetwork }))).stdout).map(({ kind }) => kind)).toEqual([
      'Namespace',
      'AgentClusterInstall',
      'ClusterDeployment',
      'NMStateConfig',
      'InfraEnv',
      'BareMetalHost',
      'ConfigMap',
      'ManagedCluster',
      'KlusterletAddonConfig',
    ]);
  });

  it('lacks what is suppressed where it is generated', () => {
    const site = siteWith({
      cluster: '    crSuppression: [BareMetalHost, ManagedCluster, NMStateConfig]',
      node: '      nodeNetwork: {interfaces: [{name: a, macAddress: b}]}\n      crSuppression: [NMStateConfig, InfraEnv]',
    });
    const kinds = resourcesOf(run(input(site)).stdout).map(({ kind }) => kind);
    expect(kinds).toContain('BareMetalHost');
    expect(kinds).toContain('InfraEnv');
    expect(kinds).not.toContain('ManagedCluster');
    expect(kinds).not.toContain('NMStateConfig');
  });

  it('is of the first document alone', () => {
    const { status, stdout } = run(input(`${siteWith({})}---\nkind: ClusterInstance\n`));
    expect(status).toBe(0);
    expect(resourcesOf(stdout)).toHaveLength(8);
  });

  it.each([
    [
      '{"networking":{"networkType":"Calico","mtu":9000},"fips":true}',
      '{"fips":true,"networking":{"mtu":9000,"networkType":"OVNKubernetes"}}',
    ],
    ['{"a":"<&>","networking":{}}', '{"a":"\\u003c\\u0026\\u003e","networking":{"networkType":"OVNKubernetes"}}'],
    ['{ "b": 1}', '{"networking":{"networkType":"OVNKubernetes"}, "b": 1}'],
  ])('has the install configuration %s', (given, merged) => {
    const { stdout } = run(input(siteWith({ cluster: `    installConfigOverrides: '${given}'` })));
    expect(resource(stdout, 'AgentClusterInstall')).toContain(`install-config-overrides: '${merged}'`);
  });

  it('sets cpuPartitioningMode in the install configuration', () => {
    const { stdout } = run(input(siteWith({ cluster: '    cpuPartitioningMode: AllNodes' })));
    expect(stdout).toContain(`'{"networking":{"networkType":"OVNKubernetes"},"cpuPartitioningMode":"AllNodes"}'`);
  });

  it('copies the fields of hosts into annotations as they are', () => {
    const node = [
      `      installerArgs: '["--save-partlabel", "data"]'`,
      '      ignitionConfigOverride: |',
      '        {"ignition": {"version": "3.2.0"}}',
      '      nodeLabels: {node-role.kubernetes.io/infra: "", zone: a}',
      '      userData: {key: value}',
      '      automatedCleaningMode: metadata',
    ].join('\n');
    const host = resource(run(input(siteWith({ node }))).stdout, 'BareMetalHost');
    expect(host).toContain(`bmac.agent-install.openshift.io/installer-args: '["--save-partlabel", "data"]'`);
    expect(host).toContain('ignition-config-overrides: |\n            {"ignition": {"version": "3.2.0"}}\n');
    expect(host).toContain('bmac.agent-install.openshift.io.node-label.node-role.kubernetes.io/infra: ""\n');
    expect(host).toContain('bmac.agent-install.openshift.io.node-label.zone: a\n');
    expect(host).toContain('userData:\n        key: value\n');
    expect(host).toContain('automatedCleaningMode: metadata\n');
  });

  it('makes firmware settings of the nearest profile', () => {
    writeFileSync(join(dir, 'site.profile'), 'BootMode: Uefi\nTurbo: yes\nCores: 8\n');
    writeFileSync(join(dir, 'node.profile'), 'BootMode: Legacy\n');
    const site = `  biosConfigRef: {filePath: ${dir}/site.profile}`;
    const outer = resource(run(input(siteWith({ site }))).stdout, 'HostFirmwareSettings');
    expect(outer).toContain('spec:\n    settings:\n        BootMode: Uefi\n        Cores: "8"\n        Turbo: "yes"\n');
    const node = `      biosConfigRef: {filePath: ${dir}/node.profile}`;
    expect(resource(run(input(siteWith({ site, node }))).stdout, 'HostFirmwareSettings')).toContain('BootMode: Legacy');
  });

  it('refuses firmware settings that are no texts', () => {
    writeFileSync(join(dir, 'site.profile'), 'BootMode: [Uefi]\n');
    const { stderr } = run(input(siteWith({ site: `  biosConfigRef: {filePath: ${dir}/site.profile}` })));
    expect(stderr).toContain('s.yaml: yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into string\n');
  });

  it('has a manifest that pins the platform to CPUs, of the parts in a folder', () => {
    mkdirSync(join(dir, 'workload'));
    writeFileSync(join(dir, 'workload/crio.conf'), 'cpus=$cpuset');
    writeFileSync(join(dir, 'workload/kubelet.conf'), '{"cpus":"$cpuset"}');
    writeFileSync(join(dir, 'workload/03-workload-partitioning.yaml'), 'kind: $mcp\nspec: {a: $crio, b: $k8s}\n');
    const site = siteWith({ node: '      cpuset: 0-1' });
    const { stdout } = run({ ...input(site), manifestPath: dir });
    const encoded = (text: string) => Buffer.from(text).toString('base64');
    expect(resource(stdout, 'ConfigMap')).toContain(
      `a: ${encoded('cpus=0-1')}\n            b: ${encoded('{"cpus":"0-1"}')}\n`,
    );
    expect(resource(stdout, 'ConfigMap')).toContain('03-master-workload-partitioning.yaml: |\n        kind: master\n');
  });

  it('needs all parts in the folder', () => {
    mkdirSync(join(dir, 'workload'));
    writeFileSync(join(dir, 'workload/crio.conf'), 'cpus=$cpuset');
    const site = input(siteWith({ node: '      cpuset: 0-1' }));
    const missing = `${dir}/workload/kubelet.conf`;
    const reason = `Error could not read WorkloadManifest sno-a open ${missing}: no such file or directory`;
    expect(run({ ...site, manifestPath: dir }).stderr).toBe(
      `Error could not create extra-manifest sno-a. ${reason}\n\n` +
        `Error: could not build the entire SiteConfig defined by s.yaml: ${reason}\n`,
    );
    expect(run({ ...site, manifestPath: dir, strict: true }).stderr).toMatch(
      / error SC001 .*: no such file or directory\n/,
    );
  });

  it('has none without such parts, as in the reference', () => {
    const { stdout } = run(input(siteWith({ node: '      cpuset: 0-1' })));
    expect(stdout).toContain('ztp-warning-field-deprecation-cpuset: cpuset will be deprecated');
    expect(resource(stdout, 'ConfigMap')).toContain('data: {}\n');
  });

  it('has our manifest that pins the platform to CPUs in strict mode', () => {
    const { stdout } = run({ ...input(siteWith({ node: '      cpuset: "0-1,20-21"' })), strict: true });
    expect(stdout).toContain('ztp-warning-field-deprecation-cpuset: cpuset will be deprecated');
    const source = /01-workload-partitioning[^]*?|base64,(\S+)/.exec(resource(stdout, 'ConfigMap'));
    expect(source).not.toBeNull();
    const [runtime = '', kubelet = ''] = [...stdout.matchAll(/base64,(\S+)/g)].map(([, text = '']) =>
      Buffer.from(text, 'base64').toString(),
    );
    expect(runtime).toContain('"cpuset" = "0-1,20-21"');
    expect(JSON.parse(kubelet)).toEqual({ management: { cpuset: '0-1,20-21' } });
  });

  it.each([
    [
      'nbde',
      '{type: nbde, tang: [{url: "http://t", thumbprint: x}]}',
      ['tang:', 'rd.neednet=1', 'initramfs-network-config-sync.service'],
    ],
    ['tpm2 without PCRs', '{type: tpm2}', ['tpm2: true']],
  ])('encrypts the root disk with %s', (_, diskEncryption, parts) => {
    const map = resource(
      run(input(siteWith({ cluster: `    diskEncryption: ${diskEncryption}` }))).stdout,
      'ConfigMap',
    );
    for (const part of parts) expect(map).toContain(part);
  });

  it('is told of a missing folder before a manifest that is wrong', () => {
    writeFileSync(join(dir, 'a.yaml'), 'kind: [\n');
    const { stderr } = run(input(siteWith({ cluster: `    extraManifests: {searchPaths: [${dir}, ${dir}/absent]}` })));
    expect(stderr.split('\n')[0]).toBe(
      `Error could not create extra-manifest sno-a. stat ${dir}/absent: no such file or directory`,
    );
  });

  it('is only the extra manifests, if so wished', () => {
    writeFileSync(join(dir, 'a.yaml'), 'kind: A\n');
    const site = siteWith({ cluster: `    extraManifests: {searchPaths: [${dir}]}` });
    const { stdout } = run({ ...input(site), extraManifestOnly: true });
    expect(resourcesOf(stdout).map(({ kind }) => kind)).toEqual(['A']);
  });

  it('has of merged MachineConfigs what is not empty, with numbers as JSON has them', () => {
    const config = `{ignition: {version: 3.2.0}, storage: {disks: [{device: /dev/sda, wipeTable: false, partitions: [
      {number: 5, sizeMiB: 1024000, startMiB: 0}]}]}, systemd: {units: [{name: a.service, enabled: false}]}}`;
    writeFileSync(
      join(dir, 'a.yaml'),
      `kind: MachineConfig\nmetadata: {name: a, labels: {machineconfiguration.openshift.io/role: worker}}\nspec: {config: ${config}}\n`,
    );
    const cluster = `    mergeDefaultMachineConfigs: true\n    extraManifests: {searchPaths: [${dir}]}`;
    const map = resource(run(input(siteWith({ cluster }))).stdout, 'ConfigMap');
    expect(map).toContain(`                storage:
                    disks:
                        - device: /dev/sda
                          partitions:
                            - number: 5
                              sizeMiB: 1.024e+06
                systemd:
                    units:
                        - name: a.service
            kernelType: default
`);
  });

  it('takes a folder with manifests for all clusters, and the names of the known templates in it', () => {
    mkdirSync(join(dir, 'all/workload'), { recursive: true });
    writeFileSync(join(dir, 'all/image-registry-partition-mc.yaml.tmpl'), '{{ anything }}');
    writeFileSync(join(dir, 'all/every.yaml'), 'kind: Every\n');
    const node =
      '      diskPartition: [{device: /dev/sda, partitions: [{mount_point: /var/x, size: 5, start: 30000}]}]';
    const map = resource(run({ ...input(siteWith({ node })), manifestPath: join(dir, 'all') }).stdout, 'ConfigMap');
    expect(map).toContain('every.yaml: |');
    expect(map).toContain('master-image-registry-partition-mc.yaml: |');
    writeFileSync(join(dir, 'all/own.yaml.tmpl'), '');
    expect(run({ ...input(siteWith({})), manifestPath: join(dir, 'all') }).stderr).toContain(
      'own.yaml.tmpl is a template that',
    );
  });
});

describe('a SiteConfig that fails', () => {
  const bad = siteWith({}).replace('clusterName: sno-a', 'clusterName: ""');
  const good = siteWith({});
  const inputs = [
    { name: 'bad.yaml', text: bad },
    { name: 'good.yaml', text: good },
  ];

  it('is printed with its error and does not stop the others, as in the reference', () => {
    const ran = run({ inputs });
    expect(ran).toMatchObject({ status: 0, reports: [{ ok: false }, { ok: true }] });
    expect(ran.stdout).toContain(
      `${bad}siteConfigError: "Error: could not build the entire SiteConfig defined by bad.yaml: `,
    );
    expect(ran.stdout).toContain('kind: Namespace');
  });

  it('ends the run with stopOnError', () => {
    expect(run({ inputs, stopOnError: true })).toMatchObject({ status: 1, stdout: '', reports: [{ ok: false }] });
  });

  it('does not stop the others in strict mode, and the exit code is 1', () => {
    const ran = run({ inputs, strict: true });
    expect(ran).toMatchObject({ status: 1, reports: [{ ok: false, file: 'bad.yaml' }, { ok: true }] });
    expect(ran.stdout).not.toContain('siteConfigError');
    expect(resourcesOf(ran.stdout)).toHaveLength(8);
  });

  it.each([
    ['data:,a%20b', 'data:,a%!b(MISSING)'],
    ['100%% of %-5.2fX', '100% of %!f(MISSING)X'],
    ['100%', '100%!\n(MISSING)'],
  ])('is printed as a format without values, as in the reference: %j', (given, printed) => {
    const { stdout } = run(input(bad.replace('edge.example.net', given)));
    expect(stdout).toContain(`  baseDomain: ${printed}`);
    expect(run(input(`${bad}# %`)).stdout).toContain('# %!(NOVERB)siteConfigError:');
  });

  it.each([
    ['null', "Couldn't marshal annotation for AgentClusterInstall"],
    ['[1]', 'Could not unmarshal installConfigOverrides data: [1]\n'],
    ['{"a": tru}', 'Invalid json parameter set at installConfigOverride'],
  ])('tells why the install configuration %s is none', (given, reason) => {
    const { stderr } = run(input(siteWith({ cluster: `    installConfigOverrides: '${given}'` })));
    expect(stderr.trimEnd()).toBe(
      `Error: could not build the entire SiteConfig defined by s.yaml: Error: ${reason}`.trimEnd(),
    );
  });

  it('is none for want of a name of the site, whose resources then lie on top', () => {
    const unnamed = good.replace('name: site-a, ', '');
    expect(run(input(unnamed), folderSink(dir))).toMatchObject({ status: 0, stderr: '' });
    expect(readFileSync(join(dir, 'sno-a_namespace_sno-a.yaml'), 'utf8')).toContain('kind: Namespace');
  });

  it('makes the exit code 1 when nothing can be written', () => {
    writeFileSync(join(dir, 'site-a'), 'a file where the folder should be');
    const ran = run(input(good), folderSink(dir));
    expect(ran).toMatchObject({ status: 1, stderr: expect.stringContaining('could not write file site-a/') as string });
    expect(readFileSync(join(dir, 'site-a'), 'utf8')).toContain('a file where');
  });

  it('tells of a file that cannot be read', () => {
    mkdirSync(join(dir, 'folder'));
    const ran = run({ inputs: [{ name: join(dir, 'folder') }, { name: join(dir, 'absent') }], strict: true });
    expect(ran.status).toBe(1);
    expect(ran.stderr).toContain(`read ${dir}/folder: is a directory`);
    expect(ran.stderr).toContain(`open ${dir}/absent: no such file or directory`);
    chmodSync(dir, 0o755);
  });
});

describe('templates of the user', () => {
  const template = (name: string) => `apiVersion: metal3.io/v1alpha1
kind: BareMetalHost
metadata:
  name: ${name}
  namespace: "{{ .Cluster.ClusterName }}"
  annotations: {argocd.argoproj.io/sync-wave: "3", mine: "yes"}
spec: {online: false, domain: "{{ .Site.BaseDomain }}", gone: "{{ .Node.Nothing }}"}
`;

  it('replace the resource of the same name', () => {
    writeFileSync(join(dir, 't.yaml'), template('"{{ .Node.HostName }}"'));
    const ran = run(input(siteWith({ site: `  crTemplates: {BareMetalHost: ${dir}/t.yaml}` })));
    expect(resource(ran.stdout, 'BareMetalHost')).toContain('spec:\n    domain: edge.example.net\n    online: false\n');
    expect(ran.stderr).toBe(
      `Overriding BareMetalHost with "${dir}/t.yaml" for node node1.sno-a.example.net in cluster sno-a\n`,
    );
  });

  it('are passed over for another name, and refused in strict mode', () => {
    writeFileSync(join(dir, 't.yaml'), template('other'));
    const site = siteWith({ node: `      crTemplates: {BareMetalHost: ${dir}/t.yaml}` });
    const ran = run(input(site));
    expect(resource(ran.stdout, 'BareMetalHost')).toContain('online: true');
    expect(ran.stderr).toContain(
      'Overridden template metadata.name "other" does not match expected value "node1.sno-a.example.net"',
    );
    expect(run({ ...input(site), strict: true })).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('error SC027 spec.clusters[0].nodes[0].crTemplates.BareMetalHost') as string,
    });
  });

  it.each([
    [
      'kind: NetworkPolicy',
      'Override template kind "NetworkPolicy" in "t.yaml" does not match expected kind "Namespace"',
    ],
    ['# nothing', 'Override template kind %!q(<nil>) in "t.yaml" does not match expected kind "Namespace"'],
    ['kind: Namespace', 'Overriden template metadata in "t.yaml" is not specified!'],
    [
      'kind: Namespace\nmetadata: {name: sno-a, annotations: {a: b}}',
      'Overridden template metadata.annotations["argocd.argoproj.io/sync-wave"] %!q(<nil>) does not match expected value "0"',
    ],
    [
      'kind: Namespace\nmetadata: {name: sno-a, annotations: {argocd.argoproj.io/sync-wave: 1}}',
      `Overridden template metadata.annotations["argocd.argoproj.io/sync-wave"] '\\x01' does not match expected value "0"`,
    ],
    ['{kind: a, kind: b}', 'yaml: unmarshal errors:\n  line 1: mapping key "kind" already defined at line 1'],
  ])('are refused in the words of the reference: %j', (text, reason) => {
    writeFileSync(join(dir, 't.yaml'), text);
    const { stderr } = run(input(siteWith({ cluster: `    crTemplates: {Namespace: ${dir}/t.yaml}` })));
    const [last = ''] = /Error: could not build [^]*$/.exec(stderr.replaceAll(`${dir}/`, '')) ?? [];
    expect(last).toBe(`Error: could not build the entire SiteConfig defined by s.yaml: ${reason}\n`);
  });

  it('add to the extra manifests, and fill maps in lists', () => {
    writeFileSync(
      join(dir, 't.yaml'),
      `kind: ConfigMap
metadata: {name: sno-a, namespace: sno-a, annotations: {argocd.argoproj.io/sync-wave: "1"}}
list: [{name: "{{ .Cluster.ClusterName }}"}, "{{ as it is }}"]
data: {mine: own, a.yaml: own}
`,
    );
    mkdirSync(join(dir, 'extra'));
    for (const name of ['a', 'b']) writeFileSync(join(dir, `extra/${name}.yaml`), `kind: ${name}\n`);
    const cluster = `    extraManifests: {searchPaths: [${dir}/extra]}\n    crTemplates: {ConfigMap: ${dir}/t.yaml}`;
    const map = resource(run(input(siteWith({ version: 'v1', cluster }))).stdout, 'ConfigMap');
    expect(map).toMatch(/^data:\n {4}a\.yaml: own\n {4}b\.yaml: \|\n[^]*\n {4}mine: own\n/);
    expect(map).toContain("list:\n    - name: sno-a\n    - '{{ as it is }}'\n");
  });

  it.each([
    ['node1.sno-a.example.net', 1],
    ['node2.sno-a.example.net', 0],
  ])('make up for a missing network of the host that they are for: %s', (name, count) => {
    const metadata = `{name: ${name}, namespace: sno-a, annotations: {argocd.argoproj.io/sync-wave: "1"}}`;
    writeFileSync(join(dir, 't.yaml'), `kind: NMStateConfig\nmetadata: ${metadata}\n`);
    const { stdout } = run(input(siteWith({ site: `  crTemplates: {NMStateConfig: ${dir}/t.yaml}` })));
    expect(resourcesOf(stdout).filter(({ kind }) => kind === 'NMStateConfig')).toHaveLength(count);
  });

  it('are read for firmware settings even if there are none', () => {
    const ran = run(input(siteWith({ node: `      crTemplates: {HostFirmwareSettings: ${dir}/no.yaml}` })));
    expect(ran.stderr).toContain(`Could not read "${dir}/no.yaml": open ${dir}/no.yaml: no such file or directory`);
  });

  it.each([
    ['.Node.Hostname', '{{ .Node.Hostname }} stands for nothing; did you mean HostName?'],
    ['.Cluster.Foo', '{{ .Cluster.Foo }} stands for nothing'],
    ['.Site.BaseDomain', undefined],
    ['.Node.UserData', undefined],
  ])('name values that there are, in strict mode: %s', (name, problem) => {
    writeFileSync(join(dir, 't.yaml'), template('"{{ .Node.HostName }}"').replace('.Node.Nothing', name));
    const site = siteWith({ cluster: `    crTemplates: {BareMetalHost: ${dir}/t.yaml}` });
    const ran = run({ ...input(site), strict: true });
    const place = 's.yaml:11:34: error SC027 spec.clusters[0].crTemplates.BareMetalHost';
    expect(ran.stderr.split('\n')[0]).toBe(problem === undefined ? '' : `${place}: ${problem}`);
  });

  it('of the cluster have no values of a host, in strict mode', () => {
    const metadata = '{name: sno-a, namespace: sno-a, annotations: {argocd.argoproj.io/sync-wave: "1"}}';
    writeFileSync(join(dir, 't.yaml'), `kind: InfraEnv\nmetadata: ${metadata}\nspec: {a: "{{ .Node.HostName }}"}\n`);
    const site = siteWith({ site: `  crTemplates: {InfraEnv: ${dir}/t.yaml}` });
    expect(run(input(site)).stderr).toBe(`Overriding InfraEnv with "${dir}/t.yaml" for cluster sno-a\n`);
    expect(run({ ...input(site), strict: true }).stderr).toContain(
      'error SC027 spec.crTemplates.InfraEnv: {{ .Node.HostName }} has no value outside of the templates of hosts',
    );
  });

  it('have the network of a host as a whole', () => {
    writeFileSync(
      join(dir, 't.yaml'),
      template('"{{ .Node.HostName }}"').replace('.Node.Nothing', '.Node.NodeNetwork'),
    );
    const site = siteWith({
      site: `  crTemplates: {BareMetalHost: ${dir}/t.yaml}`,
      node: '      nodeNetwork: {interfaces: [{name: a, macAddress: b}]}',
    });
    const { stdout } = run(input(site));
    const network =
      '    gone:\n        config: {}\n        interfaces:\n            - name: a\n              macAddress: b\n';
    expect(resource(stdout, 'BareMetalHost')).toContain(network);
  });

  it('name values of site, cluster and node only', () => {
    writeFileSync(join(dir, 't.yaml'), template('"{{ .Other.Name }}"'));
    const ran = run(input(siteWith({ site: `  crTemplates: {BareMetalHost: ${dir}/t.yaml}` })));
    expect(ran.stderr).toContain('Key ".Other.Name" could not be translated');
  });
});

describe('strict mode', () => {
  const strict = (text: string) => {
    const { status, stderr, stdout } = run({ ...input(text), strict: true });
    const told = [...stderr.matchAll(/^s\.yaml:(\d+):(\d+): (?:error|warning) (SC\d+)/gm)];
    return { status, stdout, told: told.map(([, line, column, rule]) => `${line}:${column} ${rule}`) };
  };

  it('says nothing about what is right, and takes what the reference refuses without need', () => {
    for (const given of ["'{}'", '\' {"a": 1}\'']) {
      const ran = strict(siteWith({ cluster: `    installConfigOverrides: ${given}` }));
      expect(ran).toMatchObject({ status: 0, told: [] });
      expect(resource(ran.stdout, 'AgentClusterInstall')).toContain('"networkType":"OVNKubernetes"');
    }
  });

  it.each<[string, string, string[]]>([
    ['no YAML', 'spec: [a', ['1:9 SC001']],
    ['a wrong type', siteWith({ node: '      installerArgs: [a]' }), ['17:22 SC002']],
    ['a key twice', siteWith({ cluster: '    apiVIP: a\n    apiVIP: b' }), ['12:5 SC002']],
    ['a misspelt field', siteWith({ node: '      bootmode: UEFI' }), ['17:7 SC003']],
    ['the version', siteWith({ version: 'v3' }), ['1:13 SC004']],
    ['a name that is none', siteWith({}).replace('sno-a\n', 'Sno_A\n'), ['10:18 SC005']],
    ['no image set', siteWith({}).replace('  clusterImageSetNameRef: img4.16.3\n', ''), ['9:5 SC006']],
    ['no master', siteWith({ node: '      role: worker' }), ['13:5 SC007']],
    [
      'values',
      siteWith({ node: '      bootMode: BIOS\n      ironicInspect: maybe\n      role: master' }),
      ['17:17 SC008', '18:22 SC008'],
    ],
    [
      'an install configuration that is no JSON',
      siteWith({ cluster: `    installConfigOverrides: '{"a": tru}'` }),
      ['11:36 SC009'],
    ],
    [
      'an overwritten network type',
      siteWith({ cluster: `    installConfigOverrides: '{"networking": {"networkType": "Calico"}}'` }),
      ['11:61 SC010'],
    ],
    [
      'an Ignition config that is no JSON',
      siteWith({ node: '      ignitionConfigOverride: |\n        {"ignition":\n          {broken}}' }),
      ['19:12 SC011'],
    ],
    ['a bar within quotes', siteWith({ node: `      ignitionConfigOverride: '| {}'` }), ['17:32 SC011']],
    [
      'an Ignition version',
      siteWith({ node: `      ignitionConfigOverride: '{"ignition": {"version": "3.4.0"}}'` }),
      ['17:57 SC012'],
    ],
    [
      'installer arguments',
      siteWith({ node: `      installerArgs: '["--save-partlabel", "data", "--insecure-ignition", "a b"]'` }),
      ['17:52 SC013', '17:75 SC013'],
    ],
    ['a template for a kind', siteWith({ node: '      crTemplates: {ManagedCluster: x.yaml}' }), ['17:37 SC014']],
    ['a suppressed kind', siteWith({ cluster: '    crSuppression: [Secret]' }), ['11:21 SC015']],
    ['a suppressed kind of nodes', siteWith({ cluster: '    crSuppression: [BareMetalHost]' }), ['11:21 SC015']],
    [
      'partitions',
      siteWith({
        node: '      diskPartition: [{device: /dev/sda, partitions: [{mount_point: var, size: 0, start: 1}]}]',
      }),
      ['17:69 SC016', '17:80 SC016', '17:90 SC016'],
    ],
    [
      'labels of partitions',
      siteWith({
        node: '      diskPartition: [{device: /dev/sda, partitions: [{mount_point: /var/a-b, size: 1, start: 30000}, {mount_point: /var/a/b, size: 1, start: 40000}]}]',
      }),
      ['17:117 SC017'],
    ],
    [
      'manifests that are lost',
      siteWith({ cluster: '    diskEncryption: {type: tpm2}\n    extraManifests: {searchPaths: []}' }),
      ['12:35 SC018'],
    ],
    [
      'the filter',
      siteWith({ cluster: '    extraManifests: {searchPaths: [], filter: {exclude: [a]}}' }),
      ['11:47 SC019'],
    ],
    ['fields without effect', siteWith({ site: '  sshPrivateKeySecretRef: {name: k}' }), ['8:27 SC020']],
    ['deprecated fields', siteWith({ node: '      cpuset: "0"' }), ['17:15 SC021']],
    ['a second document', `${siteWith({})}---\na: b\n`, ['19:1 SC022']],
    [
      'labels',
      siteWith({ cluster: `    clusterLabels: {ok: "", "bad key": x, long: ${'y'.repeat(64)}}` }),
      ['11:40 SC023', '11:49 SC023'],
    ],
    [
      'a host name twice',
      siteWith({ node: '    - {hostName: node1.sno-a.example.net, role: worker}' }),
      ['17:18 SC024'],
    ],
    [
      'lost annotations',
      siteWith({
        site: '  crAnnotations: {add: {InfraEnv: {a: b}}}',
        cluster: '    crAnnotations: {add: {InfraEnv: {c: d}}}',
      }),
      ['8:35 SC025'],
    ],
  ])('tells of %s', (_, text, told) => {
    const ran = strict(text);
    expect(ran.told).toEqual(told);
    const warned = /SC0(10|18|20|21|25)/.test(told.join());
    expect(ran.status).toBe(warned ? 0 : 1);
    expect(ran.stdout === '').toBe(!warned);
  });

  it('tells of manifests whose later documents are lost', () => {
    writeFileSync(join(dir, 'one.yaml'), '---\nkind: A\n---\n\n');
    writeFileSync(join(dir, 'two.yaml'), '\n---\nkind: A\n---\n--- # more\nkind: B\n---\nkind: C\n');
    writeFileSync(join(dir, 'long.yaml'), `kind: A\n# ${'- '.repeat(500_000)}\n`);
    const ran = run({ ...input(siteWith({ cluster: `    extraManifests: {searchPaths: [${dir}]}` })), strict: true });
    expect(ran.stderr).toBe(`${dir}/two.yaml:5:1: warning SC026: only the first document of this file is used\n`);
    expect(ran.status).toBe(0);
  });
});
