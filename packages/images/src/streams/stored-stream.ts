import type { StoredForm } from '@longshore/apiserver';
import type { ImageStream, KubeObject, NamedTagEventList, TagEvent } from '@longshore/kube';
import type { RegistryHostnames } from '../api/parts.js';

/** A pull spec by digest stands as the number of its repository: the digest is `image`, and repositories repeat. */
type PackedEvent = Omit<TagEvent, 'dockerImageReference'> & { dockerImageReference: string | number };

interface PackedStatus {
  repositories?: string[];
  tags?: (Omit<NamedTagEventList, 'items'> & { items: PackedEvent[] | null })[];
}

/**
 * How streams are stored: without the repositories of the status, which depend on where the registry is reached now
 * (registry.md 3.3), and with packed histories, so that 5,000 tags fit into a value of etcd.
 */
export function storedStreams(hostnames: () => RegistryHostnames): StoredForm<ImageStream> {
  return {
    pack: (stream) => ({ ...stream, status: packStatus(stream) }),
    unpack: (stored) => ({ ...stored, status: statusOf(stored, hostnames()) }) as ImageStream,
  };
}

function packStatus({ status }: ImageStream): PackedStatus {
  const repositories = new Map<string, number>();
  const pack = (event: TagEvent): PackedEvent => {
    const at = `@${event.image}`;
    if (event.image === '' || !event.dockerImageReference.endsWith(at)) return event;
    const repository = event.dockerImageReference.slice(0, -at.length);
    const known = repositories.get(repository) ?? repositories.size;
    repositories.set(repository, known);
    return { ...event, dockerImageReference: known };
  };
  // A stream that is just being created has no status yet.
  const tags = (status?.tags ?? []).map((list) => ({ ...list, items: list.items?.map(pack) ?? null }));
  return { ...(repositories.size > 0 && { repositories: [...repositories.keys()] }), ...(tags.length > 0 && { tags }) };
}

function statusOf({ metadata, status }: KubeObject, { internal, external }: RegistryHostnames): ImageStream['status'] {
  const { repositories = [], tags = [] } = (status ?? {}) as PackedStatus;
  const unpack = ({ created, dockerImageReference: packed, image, generation }: PackedEvent): TagEvent => {
    const dockerImageReference = typeof packed === 'string' ? packed : `${repositories[packed] ?? ''}@${image}`;
    return { created, dockerImageReference, image, generation };
  };
  const path = `${metadata.namespace}/${metadata.name}`;
  const [publicHost] = external;
  return {
    dockerImageRepository: internal === undefined ? '' : `${internal}/${path}`,
    ...(publicHost !== undefined && internal !== undefined && { publicDockerImageRepository: `${publicHost}/${path}` }),
    ...(tags.length > 0 && { tags: tags.map((list) => ({ ...list, items: list.items?.map(unpack) ?? null })) }),
  };
}
