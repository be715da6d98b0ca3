import { describe, expect, it } from 'vitest';
import { isFields, type Fields } from '../yaml/value.js';
import { checkInstance } from './check-instance.js';
import { renderInstance } from './render-instance.js';

interface Instance {
  cluster?: string;
  node?: string;
  nodes?: string;
}

const node = (more = '', name = 'node1') => `  - hostName: ${name}.sno-a.example.net
    bmcAddress: redfish-virtualmedia+https://192.0.2.5/redfish/v1/Systems/1
    bmcCredentialsName: {name: bmc}
    bootMACAddress: "02:00:00:00:00:01"
    templateRefs: [{name: ai-node-templates-v1, namespace: open-cluster-management}]
${more}`;
const instance = ({
  cluster = '',
  node: more = '',
  nodes = node(more),
}: Instance = {}) => `apiVersion: siteconfig.open-cluster-management.io/v1alpha1
kind: ClusterInstance
metadata: {name: sno-a, namespace: sno-a}
spec:
  clusterName: sno-a
  baseDomain: example.net
  pullSecretRef: {name: pull-secret}
  clusterImageSetNameRef: img4.16.3
  sshPublicKey: ssh-ed25519 AAAA
  templateRefs: [{name: ai-cluster-templates-v1, namespace: open-cluster-management}]
${cluster}
  nodes:
${nodes}`;

/** The resources of a ClusterInstance that nothing is wrong with. */
function rendered(text: string): Fields[] {
  const checked = checkInstance('ci.yaml', text);
  expect(checked.findings.all).toEqual([]);
  return checked.instance === undefined ? [] : renderInstance(checked.instance);
}

const kindsOf = (resources: Fields[]) => resources.map(({ kind }) => kind);
const metadataOf = (resources: Fields[], kind: string) => {
  const metadata = resources.find((resource) => resource.kind === kind)?.metadata;
  return (isFields(metadata) ? metadata : {}) as { annotations?: Fields; labels?: Fields };
};
const specOf = (resources: Fields[], kind: string) => resources.find((resource) => resource.kind === kind)?.spec;

describe('renderInstance', () => {
  it('makes the resources in the order of their waves, one InfraEnv for each node', () => {
    const nodes = [1, 2, 3].map((number) =>
      node('    nodeNetwork: {interfaces: [{name: a, macAddress: b}]}', `n${number}`),
    );
    expect(kindsOf(rendered(instance({ nodes: nodes.join('\n') })))).toEqual([
      'AgentClusterInstall',
      'ClusterDeployment',
      ...[1, 2, 3].flatMap(() => ['InfraEnv', 'NMStateConfig', 'BareMetalHost']),
      'ManagedCluster',
      'KlusterletAddonConfig',
    ]);
  });

  it('hands the overrides on as they are', () => {
    const override = `'{"ignition":{"version":"3.2.0"}}'`;
    const made = rendered(
      instance({
        cluster: `  networkType: OVNKubernetes\n  installConfigOverrides: '{"fips":true}'\n  ignitionConfigOverride: ${override}`,
        node: `    ignitionConfigOverride: ${override}\n    installerArgs: '["--append-karg","quiet"]'`,
      }),
    );
    expect(metadataOf(made, 'AgentClusterInstall').annotations).toMatchObject({
      'agent-install.openshift.io/install-config-overrides': expect.stringContaining('"fips":true') as string,
    });
    expect(specOf(made, 'InfraEnv')).toMatchObject({ ignitionConfigOverride: '{"ignition":{"version":"3.2.0"}}' });
    expect(metadataOf(made, 'BareMetalHost').annotations).toMatchObject({
      'bmac.agent-install.openshift.io/installer-args': '["--append-karg","quiet"]',
      'bmac.agent-install.openshift.io/ignition-config-overrides': '{"ignition":{"version":"3.2.0"}}',
    });
  });

  it.each([
    ['one node', ['master', 'worker'], { controlPlaneAgents: 1, workerAgents: 0 }],
    ['an arbiter', ['master', 'master', 'arbiter'], { arbiterAgents: 1, controlPlaneAgents: 2, workerAgents: 0 }],
    ['workers', ['master', 'master', 'master', 'worker'], { controlPlaneAgents: 3, workerAgents: 1 }],
  ])('counts the hosts to wait for: %s', (_, roles, requirements) => {
    const nodes = roles.map((role, index) => node(`    role: ${role}\n`, `node${index}`)).join('');
    expect(specOf(rendered(instance({ nodes })), 'AgentClusterInstall')).toMatchObject({
      provisionRequirements: requirements,
    });
  });

  it('adds labels and annotations of the nearest level that names the kind', () => {
    const made = rendered(
      instance({
        cluster:
          '  extraLabels: {ManagedCluster: {sites: site-a}, BareMetalHost: {far: "1"}}\n  extraAnnotations: {BareMetalHost: {far: "2"}}',
        node: '    extraAnnotations: {BareMetalHost: {near: "3"}}',
      }),
    );
    expect(metadataOf(made, 'ManagedCluster').labels).toMatchObject({ sites: 'site-a' });
    expect(metadataOf(made, 'BareMetalHost').labels).toMatchObject({ far: '1' });
    expect(metadataOf(made, 'BareMetalHost').annotations).toMatchObject({ near: '3' });
    expect(metadataOf(made, 'BareMetalHost').annotations).not.toHaveProperty('far');
  });

  it('leaves out what is suppressed or pruned', () => {
    const made = rendered(
      instance({
        cluster:
          '  suppressedManifests: [KlusterletAddonConfig]\n  pruneManifests: [{apiVersion: cluster.open-cluster-management.io/v1, kind: ManagedCluster}]',
        node: '    suppressedManifests: [InfraEnv]',
      }),
    );
    expect(kindsOf(made)).toEqual(['AgentClusterInstall', 'ClusterDeployment', 'BareMetalHost']);
  });
});

describe('checkInstance', () => {
  it.each<[string, string, string[]]>([
    ['no YAML', 'kind: ClusterInstance\nspec: {', ['CI001']],
    ['a wrong type', instance({ cluster: '  apiVIPs: {a: b}' }), ['11:12 CI002']],
    ['a misspelt field', instance({ cluster: '  clusterImageSetRef: x' }), ['11:3 CI003']],
    ['a missing field', instance().replace('  baseDomain: example.net\n', ''), ['5:3 CI004']],
    ['an unknown value', instance({ cluster: '  networkType: Calico' }), ['11:16 CI005']],
    ['no MAC address', instance().replace('02:00:00:00:00:01', '02-00'), ['16:21 CI005']],
    ['broken JSON', instance({ node: `    installerArgs: '["--append-karg"'` }), ['18:37 CI006']],
    [
      'an Ignition version',
      instance({ node: `    ignitionConfigOverride: '{"ignition":{"version":"3.4.0"}}'` }),
      ['18:53 CI006'],
    ],
    ['an apostrophe', instance({ node: `    installerArgs: "[\\"--append-karg\\", \\"a='b'\\"]"` }), ['18:45 CI007']],
    ['other templates', instance().replace('ai-node-templates-v1', 'mine'), ['17:20 CI008']],
    ['too few nodes', instance({ cluster: '  clusterType: HighlyAvailable' }), ['11:16 CI009']],
    ['an encryption that nothing makes', instance({ cluster: '  diskEncryption: {type: nbde}' }), ['11:19 CI011']],
    ['a reinstallation', instance({ cluster: '  reinstall: {generation: "1"}' }), ['11:14 CI011']],
    ['certificates', instance({ cluster: '  caBundleRef: {name: ca}' }), ['11:16 CI011']],
    ['a host twice', instance({ nodes: `${node()}${node()}` }), ['18:15 CI010']],
  ])('tells of %s', (_, text, expected) => {
    const told = checkInstance('ci.yaml', text).findings.all.map(
      ({ rule, line, column }) => `${line}:${column} ${rule}`,
    );
    expect(told).toHaveLength(expected.length);
    told.forEach((each, index) => expect(each).toContain(expected[index]));
  });

  it('takes the workers of hosted control planes', () => {
    const text = instance({ cluster: '  clusterType: HostedControlPlane', node: '    role: worker' });
    expect(checkInstance('ci.yaml', text).findings.all).toEqual([]);
  });
});
