import {
  publicAddressesOnly,
  sourcePolicy,
  trustedAuthorities,
  type AddressPolicy,
  type ProxySettings,
  type SourcePolicy,
} from '@longshore/distribution';
import {
  hasReason,
  type ImageConfig,
  type ImageContentSourcePolicy,
  type ImageDigestMirrorSet,
  type ImageTagMirrorSet,
  type KubeObject,
} from '@longshore/kube';
import type { ClusterObjects } from '../api/parts.js';

/** What the cluster says about from where images may come and how (registry.md 4.3, 4.4). */
export interface ImportSettings {
  policy: SourcePolicy;
  /** PEM certificates to trust for a host. */
  trust: (host: string) => readonly string[];
  /**
   * Which addresses imports may reach. An import makes this server ask a host of the user's choice, so private addresses are
   * closed (loopback, link-local with the clouds' metadata services, private ranges), but for registries that administrators
   * have named: in registrySources (insecure or allowed), allowedRegistriesForImport, as a mirror of a mirror set, as a key of
   * additionalTrustedCA, or in the options of the server. A token server elsewhere in the private network must be named, too.
   */
  addresses: AddressPolicy;
  /** Of the cluster's Proxy object. */
  proxy?: ProxySettings;
}

const CA_NAMESPACE = 'openshift-config';

type Proxy = KubeObject & { status?: ProxySettings; spec?: ProxySettings };
type ConfigMap = KubeObject & { data?: Record<string, string> };

/**
 * Reads them as they are now; kinds that the cluster does not serve say nothing. Errors: those of the cluster: without the
 * mirror sets nothing is imported, since they may forbid the source.
 *
 * @param allowAddresses hosts, addresses and CIDRs that may be reached in any case
 */
export async function readImportSettings(
  cluster: ClusterObjects,
  allowAddresses: readonly string[],
): Promise<ImportSettings> {
  const [config, digestSets, tagSets, policies, proxy] = await Promise.all([
    readImageConfig(cluster),
    list<ImageDigestMirrorSet>(cluster, 'imagedigestmirrorsets.config.openshift.io'),
    list<ImageTagMirrorSet>(cluster, 'imagetagmirrorsets.config.openshift.io'),
    list<ImageContentSourcePolicy>(cluster, 'imagecontentsourcepolicies.operator.openshift.io'),
    get<Proxy>(cluster, 'proxies.config.openshift.io', '', 'cluster'),
  ]);
  const { registrySources, allowedRegistriesForImport = [], additionalTrustedCA } = config?.spec ?? {};
  const digestMirrorSets = [
    ...digestSets.map(({ spec }) => spec.imageDigestMirrors ?? []),
    ...policies.map(({ spec }) => spec.repositoryDigestMirrors ?? []),
  ];
  const tagMirrorSets = tagSets.map(({ spec }) => spec.imageTagMirrors ?? []);
  const sources = { digestMirrorSets, tagMirrorSets, ...(registrySources && { registrySources }) };
  // What nodes may pull is not what may be imported: allowedRegistriesForImport tells that (registry.md 4.3).
  const { allowed = [], ...policy } = sourcePolicy(sources);
  const caName = additionalTrustedCA?.name;
  const authorities = caName ? await get<ConfigMap>(cluster, 'configmaps', CA_NAMESPACE, caName) : undefined;
  const named = [
    ...policy.insecure,
    ...allowed,
    ...allowedRegistriesForImport.map(({ domainName }) => domainName),
    ...[...policy.digestMirrors, ...policy.tagMirrors].flatMap(({ mirrors }) => mirrors),
    ...Object.keys(authorities?.data ?? {}).map((key) => key.replace('..', ':')),
  ].map(hostOf);
  const proxySettings = proxy?.status ?? proxy?.spec;
  return {
    policy,
    trust: trustedAuthorities(authorities?.data ?? {}),
    addresses: publicAddressesOnly({ allow: [...allowAddresses, ...named] }),
    ...((proxySettings?.httpProxy || proxySettings?.httpsProxy) && { proxy: proxySettings }),
  };
}

function readImageConfig(cluster: ClusterObjects): Promise<ImageConfig | undefined> {
  return get<ImageConfig>(cluster, 'images.config.openshift.io', '', 'cluster');
}

/** A place may go on with a path, which is nothing for addresses. */
function hostOf(place: string): string {
  const slash = place.indexOf('/');
  return slash < 0 ? place : place.slice(0, slash);
}

async function list<T extends KubeObject>(cluster: ClusterObjects, resource: string): Promise<T[]> {
  return (await orNothing(cluster.list<T>(resource)))?.items ?? [];
}

function get<T extends KubeObject>(cluster: ClusterObjects, resource: string, namespace: string, name: string) {
  return orNothing(cluster.get<T>(resource, namespace, name));
}

async function orNothing<T>(reading: Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (hasReason(error, 'NotFound')) return undefined;
    throw error;
  }
}
