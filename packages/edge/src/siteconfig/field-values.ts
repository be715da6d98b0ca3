import { fields, type Structure, type Value } from '../yaml/value.js';
import { mastersOf, type SiteCluster, type SiteNode, type SiteSpec } from './site-config.js';

/** Values by the names that templates use, such as `ClusterName` or `PullSecretRef.Name`. Undefined: nothing to put there. */
export type FieldValues = ReadonlyMap<string, Value | undefined>;

/** What `{{ .Site.X }}` stands for. */
export function siteValues(spec: SiteSpec): FieldValues {
  return valuesOf({
    BaseDomain: spec.baseDomain,
    ClusterImageSetNameRef: spec.clusterImageSetNameRef,
    PullSecretRef: named(spec.pullSecretRef.name),
    'PullSecretRef.Name': spec.pullSecretRef.name,
    SshPublicKey: spec.sshPublicKey,
    SshPrivateKeySecretRef: named(spec.sshPrivateKeySecretRef.name),
    'SshPrivateKeySecretRef.Name': spec.sshPrivateKeySecretRef.name,
    'BiosConfigRef.FilePath': spec.biosConfigRef.filePath,
  });
}

/** Values of a cluster that are not in its fields as such. */
interface DerivedValues {
  imageSet: string;
  installConfig: string;
  manifestMaps: readonly string[];
}

/** What `{{ .Cluster.X }}` stands for. */
export function clusterValues(
  cluster: SiteCluster,
  { imageSet, installConfig, manifestMaps }: DerivedValues,
): FieldValues {
  const masters = mastersOf(cluster).length;
  const { siteConfigMap, proxy, diskEncryption } = cluster;
  const hasData = Object.keys(siteConfigMap.data).length > 0;
  return valuesOf({
    ClusterName: cluster.clusterName,
    ClusterImageSetNameRef: imageSet,
    NetworkType: installConfig,
    ClusterNetwork: cluster.clusterNetwork?.map(({ cidr, hostPrefix }) => structure({ cidr, hostPrefix })),
    MachineNetwork: cluster.machineNetwork?.map(({ cidr }) => structure({ cidr })),
    ServiceNetwork: cluster.serviceNetwork,
    ApiVIP: cluster.apiVIP,
    IngressVIP: cluster.ingressVIP,
    ApiVIPs: cluster.apiVIPs,
    IngressVIPs: cluster.ingressVIPs,
    HoldInstallation: cluster.holdInstallation,
    AdditionalNTPSources: cluster.additionalNTPSources,
    ClusterLabels: cluster.clusterLabels,
    InstallConfigOverrides: cluster.installConfigOverrides,
    IgnitionConfigOverride: cluster.ignitionConfigOverride,
    ProxySettings: new Map(Object.entries(proxy).filter(([, value]) => value !== '')),
    'ProxySettings.HttpProxy': proxy.httpProxy,
    'ProxySettings.HttpsProxy': proxy.httpsProxy,
    'ProxySettings.NoProxy': proxy.noProxy,
    'DiskEncryption.Type': diskEncryption.type,
    'DiskEncryption.Tpm2.PCRList': diskEncryption.tpm2.pcrList,
    CPUPartitioning: cluster.cpuPartitioningMode,
    ExtraManifestPath: cluster.extraManifestPath,
    NumMasters: masters,
    NumWorkers: masters === 1 ? 0 : cluster.nodes.length - masters,
    ClusterType: masters === 1 ? 'sno' : 'standard',
    ManifestsConfigMapRefs: manifestMaps.map((name) => named(name)),
    'SiteConfigMap.Name': siteConfigMap.name === '' && hasData ? `ztp-site-${cluster.clusterName}` : siteConfigMap.name,
    'SiteConfigMap.Namespace': siteConfigMap.namespace,
    'SiteConfigMap.Data': hasData ? siteConfigMap.data : undefined,
    'BiosConfigRef.FilePath': cluster.biosConfigRef.filePath,
  });
}

/** What `{{ .Node.X }}` stands for. */
export function nodeValues(node: SiteNode): FieldValues {
  const { config, interfaces: given } = node.nodeNetwork;
  const interfaces = given?.map(({ name, macAddress }) => structure({ name, macAddress }));
  const hasNetwork = config !== undefined || interfaces !== undefined;
  return valuesOf({
    HostName: node.hostName,
    Role: node.role,
    BmcAddress: node.bmcAddress,
    BmcCredentialsName: named(node.bmcCredentialsName.name),
    'BmcCredentialsName.Name': node.bmcCredentialsName.name,
    BootMACAddress: node.bootMACAddress,
    BootMode: node.bootMode,
    AutomatedCleaningMode: node.automatedCleaningMode,
    RootDeviceHints: node.rootDeviceHints,
    Cpuset: node.cpuset,
    NodeNetwork: hasNetwork ? structure({ config: config ?? fields(), interfaces: interfaces ?? [] }) : undefined,
    'NodeNetwork.Config': config,
    'NodeNetwork.Interfaces': interfaces,
    NodeLabels: node.nodeLabels,
    UserData: node.userData,
    InstallerArgs: node.installerArgs,
    IgnitionConfigOverride: node.ignitionConfigOverride,
    IronicInspect: node.ironicInspect,
    'BiosConfigRef.FilePath': node.biosConfigRef.filePath,
  });
}

/** Nothing stands for what is empty in the sense of the reference: no text, zero, false, not given. */
function valuesOf(entries: Record<string, Value | undefined>): FieldValues {
  return new Map(Object.entries(entries).map(([name, value]) => [name, isEmpty(value) ? undefined : value]));
}

function isEmpty(value: Value | undefined): boolean {
  if (value instanceof Map) return value.size === 0;
  return value === undefined || value === '' || value === 0 || value === false;
}

function structure(entries: Record<string, Value>): Structure {
  return new Map(Object.entries(entries));
}

function named(name: string): Structure {
  return new Map<string, Value>(name === '' ? [] : [['name', name]]);
}

/** Labels with those that every cluster has. */
export function managedClusterLabels(labels: Value | undefined): Value {
  const detect = { cloud: 'auto-detect', vendor: 'auto-detect' };
  return fields(Object.entries({ ...detect, ...(labels as Record<string, Value> | undefined) }));
}
