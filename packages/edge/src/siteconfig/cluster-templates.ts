import { fields, type Fields, type Value } from '../yaml/value.js';

/**
 * The resources that a cluster is installed by, in the order of output (edge.md 3.3). A string `{{ .Site.X }}`,
 * `{{ .Cluster.X }}` or `{{ .Node.X }}` stands for a value of the SiteConfig; where that has none, the key is left out.
 */
export interface ClusterTemplate {
  kind: string;
  /** Once for each node rather than once for the cluster. */
  perNode: boolean;
  content: Fields;
}

/** The annotation that orders the resources. */
export const SYNC_WAVE = 'argocd.argoproj.io/sync-wave';

const CLUSTER = '{{ .Cluster.ClusterName }}';
const HOST = '{{ .Node.HostName }}';

const AGENT_INSTALL_V1BETA1 = 'agent-install.openshift.io/v1beta1';
const BMAC = 'bmac.agent-install.openshift.io';

/** Plain objects as values, all keys sorted on output. */
function value(plain: unknown): Value {
  if (Array.isArray(plain)) return plain.map(value);
  if (typeof plain !== 'object' || plain === null) return plain as Value;
  return fields(Object.entries(plain).map(([key, item]) => [key, value(item)] as const));
}

function template(
  apiVersion: string,
  kind: string,
  wave: number,
  { name = CLUSTER, namespace = CLUSTER, labels, annotations, ...rest }: Record<string, unknown> = {},
): ClusterTemplate {
  const metadata = {
    name,
    ...(namespace !== null && { namespace }),
    ...(labels !== undefined && { labels }),
    annotations: { ...(annotations as object | undefined), [SYNC_WAVE]: String(wave) },
  };
  return { kind, perNode: name === HOST, content: value({ apiVersion, kind, metadata, ...rest }) as Fields };
}

const agentClusterInstall = (manifests: Record<string, unknown>) =>
  template('extensions.hive.openshift.io/v1beta1', 'AgentClusterInstall', 1, {
    annotations: { 'agent-install.openshift.io/install-config-overrides': '{{ .Cluster.NetworkType }}' },
    spec: {
      clusterDeploymentRef: { name: CLUSTER },
      holdInstallation: '{{ .Cluster.HoldInstallation }}',
      imageSetRef: { name: '{{ .Cluster.ClusterImageSetNameRef }}' },
      apiVIP: '{{ .Cluster.ApiVIP }}',
      ingressVIP: '{{ .Cluster.IngressVIP }}',
      apiVIPs: '{{ .Cluster.ApiVIPs }}',
      ingressVIPs: '{{ .Cluster.IngressVIPs }}',
      networking: {
        clusterNetwork: '{{ .Cluster.ClusterNetwork }}',
        machineNetwork: '{{ .Cluster.MachineNetwork }}',
        serviceNetwork: '{{ .Cluster.ServiceNetwork }}',
      },
      provisionRequirements: {
        controlPlaneAgents: '{{ .Cluster.NumMasters }}',
        workerAgents: '{{ .Cluster.NumWorkers }}',
      },
      proxy: '{{ .Cluster.ProxySettings }}',
      sshPublicKey: '{{ .Site.SshPublicKey }}',
      ...manifests,
    },
  });

const namespace = template('v1', 'Namespace', 0, { namespace: null, labels: { name: CLUSTER } });

const clusterDeployment = template('hive.openshift.io/v1', 'ClusterDeployment', 1, {
  spec: {
    baseDomain: '{{ .Site.BaseDomain }}',
    clusterInstallRef: {
      group: 'extensions.hive.openshift.io',
      kind: 'AgentClusterInstall',
      name: CLUSTER,
      version: 'v1beta1',
    },
    clusterName: CLUSTER,
    platform: { agentBareMetal: { agentSelector: { matchLabels: { 'cluster-name': CLUSTER } } } },
    pullSecretRef: { name: '{{ .Site.PullSecretRef.Name }}' },
  },
});

const nmStateConfig = template(AGENT_INSTALL_V1BETA1, 'NMStateConfig', 1, {
  name: HOST,
  labels: { 'nmstate-label': CLUSTER },
  spec: { config: '{{ .Node.NodeNetwork.Config }}', interfaces: '{{ .Node.NodeNetwork.Interfaces }}' },
});

const infraEnv = template(AGENT_INSTALL_V1BETA1, 'InfraEnv', 1, {
  spec: {
    clusterRef: { name: CLUSTER, namespace: CLUSTER },
    sshAuthorizedKey: '{{ .Site.SshPublicKey }}',
    proxy: '{{ .Cluster.ProxySettings }}',
    pullSecretRef: { name: '{{ .Site.PullSecretRef.Name }}' },
    ignitionConfigOverride: '{{ .Cluster.IgnitionConfigOverride }}',
    nmStateConfigLabelSelector: { matchLabels: { 'nmstate-label': CLUSTER } },
    additionalNTPSources: '{{ .Cluster.AdditionalNTPSources }}',
  },
});

/** The annotation whose map of labels becomes one annotation for each label. */
export const NODE_LABEL = `${BMAC}.node-label`;
/** The annotation that is only there to switch inspection off. */
export const INSPECT = 'inspect.metal3.io';

const bareMetalHost = template('metal3.io/v1alpha1', 'BareMetalHost', 3, {
  name: HOST,
  labels: { 'infraenvs.agent-install.openshift.io': CLUSTER },
  annotations: {
    [INSPECT]: '{{ .Node.IronicInspect }}',
    [NODE_LABEL]: '{{ .Node.NodeLabels }}',
    [`${BMAC}/hostname`]: HOST,
    [`${BMAC}/installer-args`]: '{{ .Node.InstallerArgs }}',
    [`${BMAC}/ignition-config-overrides`]: '{{ .Node.IgnitionConfigOverride }}',
    [`${BMAC}/role`]: '{{ .Node.Role }}',
  },
  spec: {
    bootMode: '{{ .Node.BootMode }}',
    bmc: {
      address: '{{ .Node.BmcAddress }}',
      disableCertificateVerification: true,
      credentialsName: '{{ .Node.BmcCredentialsName.Name }}',
    },
    bootMACAddress: '{{ .Node.BootMACAddress }}',
    automatedCleaningMode: '{{ .Node.AutomatedCleaningMode }}',
    online: true,
    rootDeviceHints: '{{ .Node.RootDeviceHints }}',
    userData: '{{ .Node.UserData }}',
  },
});

const hostFirmwareSettings = template('metal3.io/v1alpha1', 'HostFirmwareSettings', 1, {
  name: HOST,
  spec: '{{ .Node.BiosConfigRef.FilePath }}',
});

const extraManifests = template('v1', 'ConfigMap', 1, { data: {} });

/** Of v2 only: data that policies look up for each cluster. */
const siteConfigMap = template('v1', 'ConfigMap', 2, {
  name: '{{ .Cluster.SiteConfigMap.Name }}',
  namespace: '{{ .Cluster.SiteConfigMap.Namespace }}',
  data: '{{ .Cluster.SiteConfigMap.Data }}',
});

const managedCluster = template('cluster.open-cluster-management.io/v1', 'ManagedCluster', 2, {
  namespace: null,
  labels: '{{ .Cluster.ClusterLabels }}',
  spec: { hubAcceptsClient: true },
});

const klusterletAddonConfig = template('agent.open-cluster-management.io/v1', 'KlusterletAddonConfig', 2, {
  spec: {
    clusterName: CLUSTER,
    clusterNamespace: CLUSTER,
    applicationManager: { enabled: false },
    certPolicyController: { enabled: false },
    iamPolicyController: { enabled: false },
    policyController: { enabled: true },
    searchCollector: { enabled: false },
  },
});

/** The ConfigMap with the extra manifests; v2 has one more ConfigMap. */
export const EXTRA_MANIFESTS = extraManifests;
export const SITE_CONFIG_MAP = siteConfigMap;

const oneManifestMap = agentClusterInstall({ manifestsConfigMapRef: { name: CLUSTER } });
const manifestMaps = agentClusterInstall({ manifestsConfigMapRefs: '{{ .Cluster.ManifestsConfigMapRefs }}' });

/** The templates of a version; `accelerated`: the rollout operator adds a second ConfigMap of manifests. */
export function clusterTemplates(version: 'v1' | 'v2', accelerated: boolean): readonly ClusterTemplate[] {
  return [
    namespace,
    version === 'v1' && !accelerated ? oneManifestMap : manifestMaps,
    clusterDeployment,
    nmStateConfig,
    infraEnv,
    bareMetalHost,
    hostFirmwareSettings,
    extraManifests,
    ...(version === 'v2' ? [siteConfigMap] : []),
    managedCluster,
    klusterletAddonConfig,
  ];
}

/** Kinds that exist once for each node. */
export const NODE_KINDS: ReadonlySet<string> = new Set(['BareMetalHost', 'NMStateConfig', 'HostFirmwareSettings']);
