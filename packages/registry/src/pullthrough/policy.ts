import { sourcePolicy, trustedAuthorities, type SourcePolicy } from '@longshore/distribution';
import {
  hasReason,
  type ImageConfig,
  type ImageContentSourcePolicy,
  type ImageDigestMirrorSet,
  type ImageTagMirrorSet,
  type KubeClient,
  type KubeObject,
} from '@longshore/kube';
import { RegistryError } from '@longshore/oci';
import type { Logger } from '../observe/index.js';

/** What the cluster says of other registries. */
export interface PullPolicy {
  sources: SourcePolicy;
  /** Registries that the administrator has named: they may have private addresses. */
  places: readonly string[];
  /** Names of this registry itself. */
  ownHosts: ReadonlySet<string>;
  /** PEM certificates to trust for a host. */
  trust: (host: string) => readonly string[];
}

const CONFIG = { group: 'config.openshift.io', version: 'v1' };
const IMAGE_CONFIG = { ...CONFIG, resource: 'images' };
const DIGEST_MIRRORS = { ...CONFIG, resource: 'imagedigestmirrorsets' };
const TAG_MIRRORS = { ...CONFIG, resource: 'imagetagmirrorsets' };
const OLD_MIRRORS = { group: 'operator.openshift.io', version: 'v1alpha1', resource: 'imagecontentsourcepolicies' };
const CONFIG_MAPS = { group: '', version: 'v1', resource: 'configmaps' };
const TRUST_NAMESPACE = 'openshift-config';

/** How long what was read is believed, in milliseconds. */
const BELIEVED_MS = 15_000;
const TIMEOUT_MS = 5000;

/** The parts of the policy as the API gives them; what could not be read is as it was before. */
interface Read {
  config?: ImageConfig;
  digestMirrors: readonly ImageDigestMirrorSet[];
  tagMirrors: readonly ImageTagMirrorSet[];
  oldMirrors: readonly ImageContentSourcePolicy[];
  authorities?: ConfigMap;
}

interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

const CLUSTER_CONFIG = 'the image configuration';

/**
 * Reads the cluster's policy and keeps it for some seconds. A part that cannot be read stays as it was; before each has been
 * read once there is no policy: one of them may say that a registry is never to be contacted.
 */
export class PullPolicies {
  private readonly unread = new Set([
    CLUSTER_CONFIG,
    ...[DIGEST_MIRRORS, TAG_MIRRORS, OLD_MIRRORS].map(({ resource }) => resource),
  ]);
  private read: Read = { digestMirrors: [], tagMirrors: [], oldMirrors: [] };
  private policy: PullPolicy | undefined;
  private readAt = -Infinity;
  private reading: Promise<PullPolicy> | undefined;

  constructor(
    private readonly client: Pick<KubeClient, 'get' | 'listAll'>,
    private readonly ownHosts: readonly string[],
    private readonly log: Pick<Logger, 'warn'>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** The policy; read anew when it is old. Errors: RegistryError UNAVAILABLE while a part of it has never been read. */
  async get(): Promise<PullPolicy> {
    if (this.policy && this.now() - this.readAt < BELIEVED_MS) return this.policy;
    this.reading ??= this.readAll().finally(() => (this.reading = undefined));
    return this.reading;
  }

  private async readAll(): Promise<PullPolicy> {
    const { read } = this;
    const list = <T extends KubeObject>(type: typeof IMAGE_CONFIG, before: readonly T[]) =>
      this.attempt(type.resource, before, [], async (signal) => (await this.client.listAll<T>(type, { signal })).items);
    const [config, digestMirrors, tagMirrors, oldMirrors] = await Promise.all([
      this.attempt(CLUSTER_CONFIG, read.config, undefined, (signal) =>
        this.client.get<ImageConfig>(IMAGE_CONFIG, 'cluster', { signal }),
      ),
      list(DIGEST_MIRRORS, read.digestMirrors),
      list(TAG_MIRRORS, read.tagMirrors),
      list(OLD_MIRRORS, read.oldMirrors),
    ]);
    const authorities = await this.readAuthorities(config);
    this.read = { config, digestMirrors, tagMirrors, oldMirrors, authorities };
    if (this.unread.size > 0) {
      const missing = [...this.unread].join(', ');
      const cause = `${missing} could not be read from the cluster since the registry started; only what is stored here is served`;
      throw new RegistryError('UNAVAILABLE', { detail: { cause }, headers: { 'Retry-After': '1' } });
    }
    this.policy = policyOf(this.read, this.ownHosts);
    this.readAt = this.now();
    return this.policy;
  }

  private async readAuthorities(config: ImageConfig | undefined): Promise<ConfigMap | undefined> {
    const name = config?.spec?.additionalTrustedCA?.name ?? '';
    if (name === '') return undefined;
    return this.attempt(`the ConfigMap ${name} of additionalTrustedCA`, this.read.authorities, undefined, (signal) =>
      this.client.get<ConfigMap>(CONFIG_MAPS, name, { namespace: TRUST_NAMESPACE, signal }),
    );
  }

  /** `before`: what to go on with when it fails. `absent`: when there is no such thing in this cluster. */
  private async attempt<T>(what: string, before: T, absent: T, read: (signal: AbortSignal) => Promise<T>): Promise<T> {
    try {
      const value = await read(AbortSignal.timeout(TIMEOUT_MS));
      this.unread.delete(what);
      return value;
    } catch (error) {
      if (hasReason(error, 'NotFound')) {
        this.unread.delete(what);
        return absent;
      }
      this.log.warn({ what, error }, 'a part of the policy for other registries cannot be read and stays as it was');
      return before;
    }
  }
}

function policyOf(
  { config, digestMirrors, tagMirrors, oldMirrors, authorities }: Read,
  own: readonly string[],
): PullPolicy {
  const digestMirrorSets = [
    ...digestMirrors.map(({ spec }) => spec?.imageDigestMirrors ?? []),
    ...oldMirrors.map(({ spec }) => spec?.repositoryDigestMirrors ?? []),
  ];
  const tagMirrorSets = tagMirrors.map(({ spec }) => spec?.imageTagMirrors ?? []);
  const { registrySources = {}, allowedRegistriesForImport = [], externalRegistryHostnames = [] } = config?.spec ?? {};
  const { internalRegistryHostname, externalRegistryHostnames: published = [] } = config?.status ?? {};
  const { insecureRegistries = [], allowedRegistries = [] } = registrySources;
  return {
    sources: sourcePolicy({ digestMirrorSets, tagMirrorSets, registrySources }),
    places: [
      ...insecureRegistries,
      ...allowedRegistries,
      ...allowedRegistriesForImport.map(({ domainName }) => domainName),
      ...[...digestMirrorSets, ...tagMirrorSets].flat().flatMap(({ mirrors = [] }) => mirrors),
    ],
    ownHosts: new Set(
      [...own, internalRegistryHostname ?? '', ...externalRegistryHostnames, ...published].map((host) =>
        host.toLowerCase(),
      ),
    ),
    trust: trustedAuthorities(authorities?.data ?? {}),
  };
}
