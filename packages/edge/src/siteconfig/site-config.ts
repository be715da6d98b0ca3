import {
  dictionary,
  flag,
  integer,
  list,
  object,
  optional,
  record,
  text,
  type Decoder,
  type Shape,
} from '../yaml/decode.js';
import type { MapNode, YamlNode } from '../yaml/document.js';
import type { Fields } from '../yaml/value.js';
import { diskPartitions, type DiskPartition } from './disk-partition.js';
import { withCpuPartitioning } from './install-config.js';

interface Reference {
  name: string;
}

interface BiosConfigRef {
  filePath: string;
}

interface CrAnnotations {
  add: Record<string, Record<string, string>>;
}

/** What each of site, cluster and node may say about the generated resources (edge.md 3.4). */
interface Overrides {
  crTemplates: Record<string, string>;
  crAnnotations: CrAnnotations;
  biosConfigRef: BiosConfigRef;
}

export interface Interface {
  name: string;
  macAddress: string;
}

export interface SiteNode extends Overrides {
  hostName: string;
  role: string;
  bmcAddress: string;
  bmcCredentialsName: Reference;
  bootMACAddress: string;
  bootMode: string;
  automatedCleaningMode: string;
  rootDeviceHints: Fields | undefined;
  cpuset: string;
  nodeNetwork: { config: Fields | undefined; interfaces: Interface[] | undefined };
  nodeLabels: Record<string, string> | undefined;
  userData: Fields | undefined;
  installerArgs: string;
  ignitionConfigOverride: string;
  ironicInspect: string;
  diskPartition: DiskPartition[] | undefined;
  crSuppression: string[];
}

export interface DiskEncryption {
  type: string;
  tang: { url: string; thumbprint: string }[];
  tpm2: { pcrList: string };
}

export interface ManifestFilter {
  inclusionDefault: string | undefined;
  include: string[];
  exclude: string[];
}

export interface SiteCluster extends Overrides {
  clusterName: string;
  clusterImageSetNameRef: string;
  networkType: string;
  clusterNetwork: { cidr: string; hostPrefix: number }[] | undefined;
  machineNetwork: { cidr: string }[] | undefined;
  serviceNetwork: string[] | undefined;
  apiVIP: string;
  ingressVIP: string;
  apiVIPs: string[] | undefined;
  ingressVIPs: string[] | undefined;
  holdInstallation: boolean;
  additionalNTPSources: string[] | undefined;
  clusterLabels: Record<string, string> | undefined;
  installConfigOverrides: string;
  ignitionConfigOverride: string;
  diskEncryption: DiskEncryption;
  proxy: { httpProxy: string; httpsProxy: string; noProxy: string };
  extraManifestPath: string;
  extraManifests: { searchPaths: string[] | undefined; filter: ManifestFilter | undefined };
  cpuPartitioningMode: string;
  siteConfigMap: { name: string; namespace: string; data: Record<string, string> };
  mergeDefaultMachineConfigs: boolean;
  crSuppression: string[];
  nodes: SiteNode[];
  /** Known to the format, but without effect. */
  manifestsConfig: { ntpServer: string };
}

export interface SiteSpec extends Overrides {
  baseDomain: string;
  pullSecretRef: Reference;
  clusterImageSetNameRef: string;
  sshPublicKey: string;
  sshPrivateKeySecretRef: Reference;
  clusters: SiteCluster[];
}

/** `ran.openshift.io/v1` or `v2` SiteConfig (edge.md 3.2). */
export interface SiteConfig {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string; labels: Record<string, string> };
  spec: SiteSpec;
}

/** The role that a node has when none is given. */
const MASTER = 'master';

/** The nodes that form the control plane. */
export function mastersOf({ nodes }: Pick<SiteCluster, 'nodes'>): SiteNode[] {
  return nodes.filter(({ role }) => role === '' || role === MASTER);
}

/** Whether the cluster is one node, perhaps with workers that were added later. */
export function isSingleNode(cluster: Pick<SiteCluster, 'nodes'>): boolean {
  return mastersOf(cluster).length === 1;
}

const reference = (typeName: string) => object<Reference>(`siteConfig.${typeName}`, { name: text });

const overrides = {
  crTemplates: dictionary(text),
  crAnnotations: object<CrAnnotations>('siteConfig.CrAnnotations', { add: dictionary(dictionary(text)) }),
  biosConfigRef: object<BiosConfigRef>('siteConfig.BiosConfigRef', { filePath: text }),
};

const node: Shape<SiteNode> = object<SiteNode>(
  'siteConfig.ValueDefaulted',
  {
    ...overrides,
    hostName: text,
    role: text,
    bmcAddress: text,
    bmcCredentialsName: reference('BmcCredentialsName'),
    bootMACAddress: text,
    bootMode: text,
    automatedCleaningMode: text,
    rootDeviceHints: optional(record),
    cpuset: text,
    nodeNetwork: object<SiteNode['nodeNetwork']>('siteConfig.NodeNetwork', {
      config: optional(record),
      interfaces: optional(list(object<Interface>('siteConfig.Interfaces', { name: text, macAddress: text }))),
    }),
    nodeLabels: optional(dictionary(text)),
    userData: optional(record),
    installerArgs: text,
    ignitionConfigOverride: text,
    ironicInspect: text,
    diskPartition: optional(diskPartitions),
    crSuppression: list(text),
  },
  { defaults: { bootMode: 'UEFI', role: MASTER, ironicInspect: 'enabled', automatedCleaningMode: 'disabled' } },
);

const CPU_PARTITIONING = ['None', 'AllNodes'];

const cpuPartitioning: Shape<string> = {
  ...text,
  read: (decoder, child) => {
    const mode = text.read(decoder, child);
    if (mode !== undefined && mode !== '' && !CPU_PARTITIONING.includes(mode)) {
      const supported = `supported values are [${CPU_PARTITIONING.join(' ')}]`;
      decoder.breakRule(child, `cpuPartitioningMode value of [${mode}] is not valid, ${supported}`);
    }
    return mode;
  },
};

const cluster: Shape<SiteCluster> = object<SiteCluster>(
  'siteConfig.ClusterDefaulted',
  {
    ...overrides,
    clusterName: text,
    clusterImageSetNameRef: text,
    networkType: text,
    clusterNetwork: optional(list(object('siteConfig.ClusterNetwork', { cidr: text, hostPrefix: integer }))),
    machineNetwork: optional(list(object('siteConfig.MachineNetwork', { cidr: text }))),
    serviceNetwork: optional(list(text)),
    apiVIP: text,
    ingressVIP: text,
    apiVIPs: optional(list(text)),
    ingressVIPs: optional(list(text)),
    holdInstallation: flag,
    additionalNTPSources: optional(list(text)),
    clusterLabels: optional(dictionary(text)),
    installConfigOverrides: text,
    ignitionConfigOverride: text,
    diskEncryption: object<DiskEncryption>(
      'siteConfig.ValueDefaulted',
      {
        type: text,
        tang: list(object('siteConfig.TangConfig', { url: text, thumbprint: text })),
        tpm2: object('siteConfig.TPM2Config', { pcrList: text }),
      },
      { defaults: { type: 'none' } },
    ),
    proxy: object('siteConfig.ProxySettings', { httpProxy: text, httpsProxy: text, noProxy: text }),
    extraManifestPath: text,
    extraManifests: object<SiteCluster['extraManifests']>('siteConfig.ExtraManifests', {
      searchPaths: optional(list(text)),
      filter: optional(
        object<ManifestFilter>('siteConfig.Filter', {
          inclusionDefault: optional(text),
          include: list(text),
          exclude: list(text),
        }),
      ),
    }),
    cpuPartitioningMode: cpuPartitioning,
    siteConfigMap: object<SiteCluster['siteConfigMap']>(
      'siteConfig.ValueDefaulted',
      { name: text, namespace: text, data: dictionary(text) },
      { defaults: { namespace: 'ztp-site' } },
    ),
    mergeDefaultMachineConfigs: flag,
    crSuppression: list(text),
    nodes: list(node, 'siteConfig.Nodes'),
    manifestsConfig: object('siteConfig.ManifestsConfig', { ntpServer: text }),
  },
  { defaults: { networkType: 'OVNKubernetes' }, check: checkCluster },
);

/** What the reference refuses while it reads a cluster. */
function checkCluster(value: SiteCluster, decoder: Decoder, at: MapNode): void {
  const masters = mastersOf(value).length;
  if (masters === 0)
    decoder.breakRule(childOf(at, 'nodes'), `Number of masters (counted ${masters}) must be 1 or more`);
  const withPartitions = value.nodes.findIndex(({ diskPartition }) => diskPartition !== undefined);
  if (masters > 1 && withPartitions >= 0) {
    decoder.breakRule(childOf(at, 'nodes'), 'ClusterType must be SNO to do disk partitioning using SiteConfig');
  }
  if (value.cpuPartitioningMode !== 'AllNodes') return;
  const merged = withCpuPartitioning(value.installConfigOverrides);
  if (merged.problem === undefined) value.installConfigOverrides = merged.text;
  else decoder.breakRule(childOf(at, 'installConfigOverrides'), merged.problem);
}

function childOf(map: MapNode, name: string): YamlNode {
  return map.entries.find((entry) => entry.name === name)?.value ?? map;
}

/** How a SiteConfig is read. */
export const siteConfig: Shape<SiteConfig> = object<SiteConfig>('siteConfig.SiteConfig', {
  apiVersion: text,
  kind: text,
  metadata: object('siteConfig.Metadata', { name: text, namespace: text, labels: dictionary(text) }),
  spec: object<SiteSpec>('siteConfig.Spec', {
    ...overrides,
    baseDomain: text,
    pullSecretRef: reference('PullSecretRef'),
    clusterImageSetNameRef: text,
    sshPublicKey: text,
    sshPrivateKeySecretRef: reference('SshPrivateKeySecretRef'),
    clusters: list(cluster, 'siteConfig.Clusters'),
  }),
});
