import type { ImageConfig, ImageStream, KubeClient } from '@longshore/kube';
import { parseReference } from '@longshore/oci';

/** Host names of a cluster's registry; absent: it has none. */
export interface RegistryHosts {
  internal?: string;
  public?: string;
}

const STREAMS = { group: 'image.openshift.io', version: 'v1', resource: 'imagestreams' };
const CONFIGS = { group: 'config.openshift.io', version: 'v1', resource: 'images' };
/** Whose streams everybody may read. */
const SHARED = 'openshift';

/**
 * Where the registry of a cluster is, as any image stream that the user may read says, or else the image configuration. What the
 * user may not read says nothing. Errors: those of the client but refusals.
 */
export async function findRegistryHosts(client: KubeClient, namespace: string): Promise<RegistryHosts> {
  const { ApiError } = await import('@longshore/kube');
  const ifAllowed = <T>(answer: Promise<T>): Promise<T | undefined> =>
    answer.catch((error: unknown) => {
      if (error instanceof ApiError) return undefined;
      throw error;
    });
  for (const where of new Set([namespace, SHARED])) {
    const list = await ifAllowed(client.list<ImageStream>(STREAMS, { namespace: where, limit: 1 }));
    const hosts = list?.items[0] && hostsOf(list.items[0]);
    if (hosts?.internal !== undefined) return hosts;
  }
  const config = await ifAllowed(client.get<ImageConfig>(CONFIGS, 'cluster'));
  const { internalRegistryHostname: internal, externalRegistryHostnames = [] } = config?.status ?? {};
  const [external] = externalRegistryHostnames;
  return {
    ...(internal !== undefined && internal !== '' && { internal }),
    ...(external !== undefined && { public: external }),
  };
}

function hostsOf({ status }: ImageStream): RegistryHosts {
  const internal = hostOf(status.dockerImageRepository);
  const external = hostOf(status.publicDockerImageRepository ?? '');
  return { ...(internal !== undefined && { internal }), ...(external !== undefined && { public: external }) };
}

function hostOf(repository: string): string | undefined {
  return repository === '' ? undefined : parseReference(repository).registry;
}
