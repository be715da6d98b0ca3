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
  // Large histories are read again and again; whoever shares the packed ones shares these, too.
  const unpacked = new WeakMap<object, NamedTagEventList[]>();
  return {
    pack: ({ status, ...stream }) => {
      // A stream that is just being created has no status yet.
      const { tags = [] } = status ?? {};
      if (tags.length === 0) return { ...stream, status: {} };
      const packed = packTags(tags);
      unpacked.set(packed, tags);
      return { ...stream, status: packed };
    },
    unpack: ({ status = {}, ...stored }) => {
      const packed = status as PackedStatus;
      const tags = unpacked.get(packed) ?? unpackTags(packed);
      unpacked.set(packed, tags);
      return { ...stored, status: statusOf(stored, tags, hostnames()) } as ImageStream;
    },
  };
}

function packTags(tags: readonly NamedTagEventList[]): PackedStatus {
  const repositories = new Map<string, number>();
  const pack = (event: TagEvent): PackedEvent => {
    const at = `@${event.image}`;
    if (event.image === '' || !event.dockerImageReference.endsWith(at)) return event;
    const repository = event.dockerImageReference.slice(0, -at.length);
    const known = repositories.get(repository) ?? repositories.size;
    repositories.set(repository, known);
    return { ...event, dockerImageReference: known };
  };
  const packed = tags.map((list) => ({ ...list, items: list.items?.map(pack) ?? null }));
  return { ...(repositories.size > 0 && { repositories: [...repositories.keys()] }), tags: packed };
}

function unpackTags({ repositories = [], tags = [] }: PackedStatus): NamedTagEventList[] {
  const unpack = ({ created, dockerImageReference: packed, image, generation }: PackedEvent): TagEvent => {
    const dockerImageReference = typeof packed === 'string' ? packed : `${repositories[packed] ?? ''}@${image}`;
    return { created, dockerImageReference, image, generation };
  };
  return tags.map((list) => ({ ...list, items: list.items?.map(unpack) ?? null }));
}

function statusOf(
  { metadata }: Pick<KubeObject, 'metadata'>,
  tags: NamedTagEventList[],
  { internal, external: [publicHost] }: RegistryHostnames,
): ImageStream['status'] {
  const path = `${metadata.namespace}/${metadata.name}`;
  return {
    dockerImageRepository: internal === undefined ? '' : `${internal}/${path}`,
    ...(publicHost !== undefined && internal !== undefined && { publicDockerImageRepository: `${publicHost}/${path}` }),
    ...(tags.length > 0 && { tags }),
  };
}
