import { dictionary, flag, integer, list, object, optional, record, text, type Shape } from '../yaml/decode.js';
import type { Fields } from '../yaml/value.js';

interface NameRef {
  name: string;
}

/** A reference to an object of a namespace. */
export interface NamespacedRef {
  name: string;
  namespace: string;
}

type ByKind = Record<string, Record<string, string>>;

interface Additions {
  extraAnnotations: ByKind;
  extraLabels: ByKind;
  suppressedManifests: string[];
  pruneManifests: { apiVersion: string; kind: string }[];
  templateRefs: NamespacedRef[];
}

export interface InstanceNode extends Additions {
  hostName: string;
  role: string;
  bmcAddress: string;
  bmcCredentialsName: NameRef;
  bootMACAddress: string;
  bootMode: string;
  automatedCleaningMode: string;
  ironicInspect: string;
  rootDeviceHints: Fields | undefined;
  nodeNetwork: { config: Fields | undefined; interfaces: { name: string; macAddress: string }[] } | undefined;
  nodeLabels: Record<string, string>;
  hostRef: NamespacedRef | undefined;
  cpuArchitecture: string;
  installerArgs: string;
  ignitionConfigOverride: string;
}

export interface InstanceSpec extends Additions {
  clusterName: string;
  clusterType: string;
  baseDomain: string;
  pullSecretRef: NameRef;
  clusterImageSetNameRef: string;
  sshPublicKey: string;
  networkType: string;
  platformType: string;
  clusterNetwork: { cidr: string; hostPrefix: number }[];
  machineNetwork: { cidr: string }[];
  serviceNetwork: { cidr: string }[];
  apiVIPs: string[];
  ingressVIPs: string[];
  holdInstallation: boolean;
  additionalNTPSources: string[];
  installConfigOverrides: string;
  ignitionConfigOverride: string;
  diskEncryption: { type: string; tang: { url: string; thumbprint: string }[] };
  proxy: { httpProxy: string; httpsProxy: string; noProxy: string };
  extraManifestsRefs: NameRef[];
  cpuPartitioningMode: string;
  cpuArchitecture: string;
  caBundleRef: NameRef | undefined;
  reinstall: { generation: string; preservationMode: string } | undefined;
  nodes: InstanceNode[];
}

/** `siteconfig.open-cluster-management.io/v1alpha1` ClusterInstance: one cluster (edge.md 3.7). */
export interface ClusterInstance {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace: string; labels: Record<string, string>; annotations: Record<string, string> };
  spec: InstanceSpec;
}

const nameRef = object<NameRef>('LocalObjectReference', { name: text });
const namespacedRef = object<NamespacedRef>('Reference', { name: text, namespace: text });
const cidrs = list(object<{ cidr: string }>('NetworkEntry', { cidr: text }));

const additions = {
  extraAnnotations: dictionary(dictionary(text)),
  extraLabels: dictionary(dictionary(text)),
  suppressedManifests: list(text),
  pruneManifests: list(object<{ apiVersion: string; kind: string }>('ResourceRef', { apiVersion: text, kind: text })),
  templateRefs: list(namespacedRef),
};

const node: Shape<InstanceNode> = object<InstanceNode>(
  'NodeSpec',
  {
    ...additions,
    hostName: text,
    role: text,
    bmcAddress: text,
    bmcCredentialsName: nameRef,
    bootMACAddress: text,
    bootMode: text,
    automatedCleaningMode: text,
    ironicInspect: text,
    rootDeviceHints: optional(record),
    nodeNetwork: optional(
      object<NonNullable<InstanceNode['nodeNetwork']>>('NMStateConfigSpec', {
        config: optional(record),
        interfaces: list(object<{ name: string; macAddress: string }>('Interface', { name: text, macAddress: text })),
      }),
    ),
    nodeLabels: dictionary(text),
    hostRef: optional(namespacedRef),
    cpuArchitecture: text,
    installerArgs: text,
    ignitionConfigOverride: text,
  },
  { defaults: { role: 'master', bootMode: 'UEFI', automatedCleaningMode: 'disabled' } },
);

/** How a ClusterInstance is read. */
export const clusterInstance: Shape<ClusterInstance> = object<ClusterInstance>('ClusterInstance', {
  apiVersion: text,
  kind: text,
  metadata: object<ClusterInstance['metadata']>('ObjectMeta', {
    name: text,
    namespace: text,
    labels: dictionary(text),
    annotations: dictionary(text),
  }),
  spec: object<InstanceSpec>(
    'ClusterInstanceSpec',
    {
      ...additions,
      clusterName: text,
      clusterType: text,
      baseDomain: text,
      pullSecretRef: nameRef,
      clusterImageSetNameRef: text,
      sshPublicKey: text,
      networkType: text,
      platformType: text,
      clusterNetwork: list(object('ClusterNetworkEntry', { cidr: text, hostPrefix: integer })),
      machineNetwork: cidrs,
      serviceNetwork: cidrs,
      apiVIPs: list(text),
      ingressVIPs: list(text),
      holdInstallation: flag,
      additionalNTPSources: list(text),
      installConfigOverrides: text,
      ignitionConfigOverride: text,
      diskEncryption: object<InstanceSpec['diskEncryption']>('DiskEncryption', {
        type: text,
        tang: list(object<{ url: string; thumbprint: string }>('TangConfig', { url: text, thumbprint: text })),
      }),
      proxy: object<InstanceSpec['proxy']>('Proxy', { httpProxy: text, httpsProxy: text, noProxy: text }),
      extraManifestsRefs: list(nameRef),
      cpuPartitioningMode: text,
      cpuArchitecture: text,
      caBundleRef: optional(nameRef),
      reinstall: optional(
        object<NonNullable<InstanceSpec['reinstall']>>('ReinstallSpec', { generation: text, preservationMode: text }),
      ),
      nodes: list(node),
    },
    { defaults: { networkType: 'OVNKubernetes', cpuArchitecture: 'x86_64' } },
  ),
});

/** The namespace of the templates that the operator brings, and their names. */
export const DEFAULT_TEMPLATES = {
  namespace: 'open-cluster-management',
  cluster: 'ai-cluster-templates-v1',
  node: 'ai-node-templates-v1',
};
