import { fields, type Fields, type Structure, type Value } from '../yaml/value.js';
import { DEFAULT_TEMPLATES, type NamespacedRef } from './cluster-instance.js';
import { isSingleNode, type SiteCluster, type SiteConfig, type SiteNode, type SiteSpec } from './site-config.js';

export interface ConvertOptions {
  clusterTemplates?: readonly NamespacedRef[];
  nodeTemplates?: readonly NamespacedRef[];
  /** ConfigMaps with extra manifests that are there already. */
  manifestMaps?: readonly string[];
  /** Kinds that are not to be generated, besides those that the SiteConfig names. */
  suppressed?: readonly string[];
}

/** A cluster of a SiteConfig as ClusterInstance. */
interface ConvertedCluster {
  name: string;
  instance: Structure;
  /** What has no place in a ClusterInstance, and what to do about it. */
  warnings: string[];
}

/** The ConfigMap with the extra manifests of a cluster. */
export const MANIFEST_MAP = 'extra-manifests-cm';

const DEFAULT_CLUSTER_TEMPLATES = [{ name: DEFAULT_TEMPLATES.cluster, namespace: DEFAULT_TEMPLATES.namespace }];
const DEFAULT_NODE_TEMPLATES = [{ name: DEFAULT_TEMPLATES.node, namespace: DEFAULT_TEMPLATES.namespace }];

/**
 * Turns each cluster of a SiteConfig into a ClusterInstance (edge.md 3.7). Its extra manifests, and those that fields such as
 * diskPartition stand for, go to a ConfigMap that `hasManifests` says is needed.
 */
export function convertSite(
  { spec }: SiteConfig,
  hasManifests: (cluster: SiteCluster) => boolean,
  options: ConvertOptions = {},
): ConvertedCluster[] {
  return spec.clusters.map((cluster) => ({
    name: cluster.clusterName,
    instance: instanceOf(spec, cluster, hasManifests(cluster), options),
    warnings: [...siteWarnings(spec), ...clusterWarnings(cluster), ...cluster.nodes.flatMap(nodeWarnings)],
  }));
}

function instanceOf(spec: SiteSpec, cluster: SiteCluster, hasManifests: boolean, options: ConvertOptions): Structure {
  const maps = [...(options.manifestMaps ?? []), ...(hasManifests ? [MANIFEST_MAP] : [])];
  const { clusterName } = cluster;
  return structure({
    apiVersion: 'siteconfig.open-cluster-management.io/v1alpha1',
    kind: 'ClusterInstance',
    metadata: structure({ name: clusterName, namespace: clusterName }),
    spec: structure({
      clusterName,
      clusterType: isSingleNode(cluster) ? 'SNO' : 'HighlyAvailable',
      baseDomain: spec.baseDomain,
      pullSecretRef: structure({ name: spec.pullSecretRef.name }),
      clusterImageSetNameRef: cluster.clusterImageSetNameRef || spec.clusterImageSetNameRef,
      sshPublicKey: spec.sshPublicKey,
      networkType: cluster.networkType,
      apiVIPs: addressesOf(cluster.apiVIP, cluster.apiVIPs),
      ingressVIPs: addressesOf(cluster.ingressVIP, cluster.ingressVIPs),
      clusterNetwork: structures(cluster.clusterNetwork),
      machineNetwork: structures(cluster.machineNetwork),
      serviceNetwork: cluster.serviceNetwork?.map((cidr) => structure({ cidr })),
      additionalNTPSources: cluster.additionalNTPSources,
      holdInstallation: cluster.holdInstallation ? true : undefined,
      proxy: structure({ ...cluster.proxy }),
      cpuPartitioningMode: cluster.cpuPartitioningMode,
      installConfigOverrides: cluster.installConfigOverrides,
      ignitionConfigOverride: cluster.ignitionConfigOverride,
      extraLabels: structure({
        ManagedCluster: cluster.clusterLabels && fields(Object.entries(cluster.clusterLabels)),
      }),
      extraAnnotations: byKind({ ...spec.crAnnotations.add, ...cluster.crAnnotations.add }),
      suppressedManifests: [...new Set([...cluster.crSuppression, ...(options.suppressed ?? [])])],
      extraManifestsRefs: maps.map((name) => structure({ name })),
      templateRefs: structures(options.clusterTemplates ?? DEFAULT_CLUSTER_TEMPLATES),
      nodes: cluster.nodes.map((node) => instanceNode(node, options)),
    }),
  });
}

function instanceNode(node: SiteNode, { nodeTemplates }: ConvertOptions): Structure {
  const { config, interfaces } = node.nodeNetwork;
  return structure({
    hostName: node.hostName,
    role: node.role,
    bmcAddress: node.bmcAddress,
    bmcCredentialsName: structure({ name: node.bmcCredentialsName.name }),
    bootMACAddress: node.bootMACAddress,
    bootMode: node.bootMode,
    automatedCleaningMode: node.automatedCleaningMode,
    ironicInspect: node.ironicInspect === 'disabled' ? 'disabled' : undefined,
    rootDeviceHints: node.rootDeviceHints,
    nodeLabels: node.nodeLabels && fields(Object.entries(node.nodeLabels)),
    nodeNetwork: structure({ interfaces: structures(interfaces), config }),
    installerArgs: node.installerArgs,
    ignitionConfigOverride: node.ignitionConfigOverride,
    extraAnnotations: byKind(node.crAnnotations.add),
    suppressedManifests: node.crSuppression,
    templateRefs: structures(nodeTemplates ?? DEFAULT_NODE_TEMPLATES),
  });
}

/** In the given order, without what is empty. */
function structure(entries: Record<string, Value | undefined>): Structure {
  const kept = Object.entries(entries).filter(([, value]) => {
    if (value === undefined || value === '') return false;
    if (Array.isArray(value)) return value.length > 0;
    return !(value instanceof Map) || value.size > 0;
  });
  return new Map(kept as [string, Value][]);
}

function structures(items: readonly object[] | undefined): Structure[] | undefined {
  return items?.map((item) => structure({ ...(item as Record<string, Value>) }));
}

/** The list of addresses; of a single address where there is none. */
function addressesOf(single: string, list: readonly string[] = []): string[] {
  return list.length > 0 || single === '' ? [...list] : [single];
}

function byKind(annotations: Record<string, Record<string, string>>): Fields | undefined {
  const entries = Object.entries(annotations).map(([kind, added]) => [kind, fields(Object.entries(added))] as const);
  return entries.length === 0 ? undefined : fields(entries);
}

const FIRMWARE = 'make a node template with HostFirmwareSettings and name it in templateRefs';
const TEMPLATES = 'put the templates into ConfigMaps and name these in templateRefs';

function siteWarnings({ sshPrivateKeySecretRef, biosConfigRef, crTemplates }: SiteSpec): string[] {
  return [
    ...warn(sshPrivateKeySecretRef.name !== '', 'spec.sshPrivateKeySecretRef', 'nothing used it'),
    ...warn(biosConfigRef.filePath !== '', 'spec.biosConfigRef', FIRMWARE),
    ...warn(Object.keys(crTemplates).length > 0, 'spec.crTemplates', TEMPLATES),
  ];
}

function clusterWarnings(cluster: SiteCluster): string[] {
  const { clusterName, apiVIP, apiVIPs, ingressVIP, ingressVIPs } = cluster;
  const at = (field: string) => `cluster ${clusterName}: ${field}`;
  return [
    ...warn(apiVIP !== '', at('apiVIP'), placeOfVip(apiVIP, apiVIPs, 'apiVIPs')),
    ...warn(ingressVIP !== '', at('ingressVIP'), placeOfVip(ingressVIP, ingressVIPs, 'ingressVIPs')),
    ...warn(cluster.biosConfigRef.filePath !== '', at('biosConfigRef'), FIRMWARE),
    ...warn(Object.keys(cluster.crTemplates).length > 0, at('crTemplates'), TEMPLATES),
    ...warn(
      hasManifestFields(cluster),
      at('extraManifests'),
      `the manifests are now files of the ConfigMap ${MANIFEST_MAP}`,
    ),
    ...warn(
      cluster.mergeDefaultMachineConfigs,
      at('mergeDefaultMachineConfigs'),
      'the manifests were merged once, now',
    ),
    ...warn(
      !['', 'none'].includes(cluster.diskEncryption.type),
      at('diskEncryption'),
      `it is now a manifest of ${MANIFEST_MAP}`,
    ),
    ...warn(
      Object.keys(cluster.siteConfigMap.data).length > 0,
      at('siteConfigMap'),
      'keep that ConfigMap in Git as a file of its own',
    ),
  ];
}

function placeOfVip(address: string, [first = address]: readonly string[] = [], list: string): string {
  if (first !== address) return `${address} is lost, since ${list} begins with ${first}`;
  const live = 'of a cluster that is installed already, suppress AgentClusterInstall: its old fields cannot change';
  return `it is now the first of ${list}; ${live}`;
}

function hasManifestFields({ extraManifests, extraManifestPath }: SiteCluster): boolean {
  return extraManifestPath !== '' || extraManifests.searchPaths !== undefined || extraManifests.filter !== undefined;
}

function nodeWarnings(node: SiteNode): string[] {
  const at = (field: string) => `node ${node.hostName}: ${field}`;
  const manifest = `it is now a manifest of ${MANIFEST_MAP}`;
  return [
    ...warn(node.diskPartition !== undefined, at('diskPartition'), manifest),
    ...warn(node.cpuset !== '', at('cpuset'), manifest),
    ...warn(node.userData !== undefined, at('userData'), 'add it by a node template of your own'),
    ...warn(node.biosConfigRef.filePath !== '', at('biosConfigRef'), FIRMWARE),
    ...warn(Object.keys(node.crTemplates).length > 0, at('crTemplates'), TEMPLATES),
  ];
}

function warn(condition: boolean, field: string, advice: string): string[] {
  return condition ? [`${field} has no place in a ClusterInstance; ${advice}`] : [];
}
