import { fields, isFields, type Fields, type Structure, type Value } from '../yaml/value.js';
import type { ClusterInstance, InstanceNode, InstanceSpec } from './cluster-instance.js';
import { installConfigAnnotation, withCpuPartitioning } from './install-config.js';
import { SiteError } from './site-error.js';

const SYNC_WAVE = 'siteconfig.open-cluster-management.io/sync-wave';
const BMAC = 'bmac.agent-install.openshift.io';

/**
 * The resources that the operator's default templates make of a ClusterInstance (edge.md 3.7), in the order in which they are
 * applied. Throws SiteError when the overrides of the install configuration are none.
 */
export function renderInstance({ spec }: ClusterInstance): Fields[] {
  const left = (resource: Fields, ...levels: Additions[]) =>
    levels.some((level) => isLeftOut(resource, level)) ? [] : [withExtras(resource, levels)];
  const perNode = spec.nodes.flatMap((node) =>
    [infraEnv(spec, node), ...nmStateConfig(spec, node), bareMetalHost(spec, node)].flatMap((made) =>
      left(made, node, spec),
    ),
  );
  return [
    ...left(agentClusterInstall(spec), spec),
    ...left(clusterDeployment(spec), spec),
    ...perNode,
    ...left(managedCluster(spec), spec),
    ...left(klusterletAddonConfig(spec), spec),
  ];
}

type Additions = Pick<InstanceSpec, 'extraAnnotations' | 'extraLabels' | 'suppressedManifests' | 'pruneManifests'>;

function isLeftOut({ apiVersion, kind }: Fields, { suppressedManifests, pruneManifests }: Additions): boolean {
  return (
    suppressedManifests.includes(kind as string) ||
    pruneManifests.some((pruned) => pruned.kind === kind && pruned.apiVersion === apiVersion)
  );
}

/** Adds what the nearest level that names the kind has; what the template has itself wins. */
function withExtras(resource: Fields, levels: readonly Additions[]): Fields {
  const kind = resource.kind as string;
  const metadata = fields(Object.entries(resource.metadata as Fields));
  for (const [key, extra] of [['annotations', 'extraAnnotations'] as const, ['labels', 'extraLabels'] as const]) {
    const added = levels.map((level) => level[extra][kind]).find((found) => found !== undefined);
    if (added === undefined) continue;
    const own = metadata[key];
    metadata[key] = fields([...Object.entries(added), ...Object.entries(isFields(own) ? own : {})]);
  }
  return fields([...Object.entries(resource), ['metadata', metadata]]);
}

function resource(
  apiVersion: string,
  kind: string,
  wave: number,
  metadata: Record<string, Value>,
  spec: Record<string, Value | undefined>,
): Fields {
  const { annotations, ...names } = metadata;
  const all = fields([...Object.entries(isFields(annotations) ? annotations : {}), [SYNC_WAVE, String(wave)]]);
  return fields([
    ['apiVersion', apiVersion],
    ['kind', kind],
    ['metadata', fields([...Object.entries(names), ['annotations', all]])],
    ['spec', given(spec)],
  ]);
}

/** Without what is not given: undefined, empty texts and empty lists. */
function given(entries: Record<string, Value | undefined>): Fields {
  return fields(
    Object.entries(entries).flatMap(([key, value]) => {
      const absent = value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
      return absent ? [] : [[key, value] as const];
    }),
  );
}

const ref = (name: string): Fields => fields([['name', name]]);
const inCluster = (name: string, { clusterName }: InstanceSpec) => ({ name, namespace: clusterName });
const structures = (items: readonly object[]): Structure[] =>
  items.map((item) => new Map<string, Value>(Object.entries(item)));

function installConfig(spec: InstanceSpec): string {
  const partitioned =
    spec.cpuPartitioningMode === 'AllNodes'
      ? withCpuPartitioning(spec.installConfigOverrides)
      : { text: spec.installConfigOverrides };
  const annotation =
    partitioned.text === undefined ? partitioned : installConfigAnnotation(spec.networkType, partitioned.text, true);
  if (annotation.text === undefined) throw new SiteError(annotation.problem ?? '', ['spec', 'installConfigOverrides']);
  return annotation.text;
}

function agentClusterInstall(spec: InstanceSpec): Fields {
  const withRole = (wanted: string) => spec.nodes.filter(({ role }) => role === wanted).length;
  const [masters, arbiters, workers] = [withRole('master'), withRole('arbiter'), withRole('worker')];
  const annotations = fields([['agent-install.openshift.io/install-config-overrides', installConfig(spec)]]);
  return resource(
    'extensions.hive.openshift.io/v1beta1',
    'AgentClusterInstall',
    1,
    { ...inCluster(spec.clusterName, spec), annotations },
    {
      clusterDeploymentRef: ref(spec.clusterName),
      holdInstallation: spec.holdInstallation,
      imageSetRef: ref(spec.clusterImageSetNameRef),
      apiVIPs: spec.apiVIPs,
      ingressVIPs: spec.ingressVIPs,
      networking: given({
        clusterNetwork: structures(spec.clusterNetwork),
        machineNetwork: structures(spec.machineNetwork),
        serviceNetwork: spec.serviceNetwork.map(({ cidr }) => cidr),
      }),
      provisionRequirements: fields([
        ['controlPlaneAgents', masters],
        ...(arbiters > 0 ? [['arbiterAgents', arbiters] as const] : []),
        ['workerAgents', masters === 1 ? 0 : workers],
      ]),
      proxy: proxyOf(spec),
      platformType: spec.platformType,
      sshPublicKey: spec.sshPublicKey,
      manifestsConfigMapRefs: spec.extraManifestsRefs.map(({ name }) => ref(name)),
    },
  );
}

function proxyOf({ proxy }: InstanceSpec): Fields | undefined {
  const set = given({ ...proxy });
  return Object.keys(set).length === 0 ? undefined : set;
}

function clusterDeployment(spec: InstanceSpec): Fields {
  const { clusterName } = spec;
  return resource('hive.openshift.io/v1', 'ClusterDeployment', 1, inCluster(clusterName, spec), {
    baseDomain: spec.baseDomain,
    clusterInstallRef: fields([
      ['group', 'extensions.hive.openshift.io'],
      ['kind', 'AgentClusterInstall'],
      ['name', clusterName],
      ['version', 'v1beta1'],
    ]),
    clusterName,
    platform: nested(['agentBareMetal', 'agentSelector', 'matchLabels', 'cluster-name'], clusterName),
    pullSecretRef: ref(spec.pullSecretRef.name),
  });
}

function nested(keys: readonly string[], value: Value): Fields {
  return keys.reduceRight<Value>((inner, key) => fields([[key, inner]]), value) as Fields;
}

function infraEnv(spec: InstanceSpec, node: InstanceNode): Fields {
  const { clusterName } = spec;
  return resource('agent-install.openshift.io/v1beta1', 'InfraEnv', 1, inCluster(node.hostName, spec), {
    clusterRef: fields(Object.entries(inCluster(clusterName, spec))),
    cpuArchitecture: node.cpuArchitecture || spec.cpuArchitecture,
    sshAuthorizedKey: spec.sshPublicKey,
    proxy: proxyOf(spec),
    pullSecretRef: ref(spec.pullSecretRef.name),
    ignitionConfigOverride: spec.ignitionConfigOverride,
    nmStateConfigLabelSelector: nested(['matchLabels', 'nmstate-label'], node.hostName),
    additionalNTPSources: spec.additionalNTPSources,
  });
}

function nmStateConfig(spec: InstanceSpec, { hostName, nodeNetwork }: InstanceNode): Fields[] {
  if (nodeNetwork === undefined) return [];
  const metadata = { ...inCluster(hostName, spec), labels: fields([['nmstate-label', hostName]]) };
  const { config, interfaces } = nodeNetwork;
  return [
    resource('agent-install.openshift.io/v1beta1', 'NMStateConfig', 1, metadata, {
      config,
      interfaces: structures(interfaces),
    }),
  ];
}

function bareMetalHost(spec: InstanceSpec, node: InstanceNode): Fields {
  const annotations = given({
    'inspect.metal3.io': node.ironicInspect,
    [`${BMAC}/hostname`]: node.hostName,
    [`${BMAC}/installer-args`]: node.installerArgs,
    [`${BMAC}/ignition-config-overrides`]: node.ignitionConfigOverride,
    [`${BMAC}/role`]: node.role,
  });
  for (const [label, value] of Object.entries(node.nodeLabels)) annotations[`${BMAC}.node-label.${label}`] = value;
  const labels = fields([['infraenvs.agent-install.openshift.io', node.hostName]]);
  const metadata = { ...(node.hostRef ?? inCluster(node.hostName, spec)), labels, annotations };
  return resource('metal3.io/v1alpha1', 'BareMetalHost', 1, metadata, {
    bootMode: node.bootMode,
    bmc: fields([
      ['address', node.bmcAddress],
      ['disableCertificateVerification', true],
      ['credentialsName', node.bmcCredentialsName.name],
    ]),
    bootMACAddress: node.bootMACAddress,
    automatedCleaningMode: node.automatedCleaningMode,
    online: true,
    rootDeviceHints: node.rootDeviceHints,
  });
}

function managedCluster({ clusterName }: InstanceSpec): Fields {
  const labels = fields([
    ['cloud', 'auto-detect'],
    ['vendor', 'auto-detect'],
  ]);
  const metadata = { name: clusterName, labels };
  return resource('cluster.open-cluster-management.io/v1', 'ManagedCluster', 2, metadata, { hubAcceptsClient: true });
}

const ADDONS = [
  'applicationManager',
  'certPolicyController',
  'iamPolicyController',
  'policyController',
  'searchCollector',
];

function klusterletAddonConfig(spec: InstanceSpec): Fields {
  const addons = ADDONS.map((name) => [name, fields([['enabled', name === 'policyController']])] as const);
  return resource(
    'agent.open-cluster-management.io/v1',
    'KlusterletAddonConfig',
    2,
    inCluster(spec.clusterName, spec),
    {
      clusterName: spec.clusterName,
      clusterNamespace: spec.clusterName,
      ...Object.fromEntries(addons),
    },
  );
}
