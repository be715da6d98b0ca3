import type { StoredForm } from '@longshore/apiserver';
import type {
  ImageStream,
  ImageStreamSpec,
  KubeObject,
  NamedTagEventList,
  TagEvent,
  TagReference,
} from '@longshore/kube';
import type { RegistryHostnames } from '../api/parts.js';

/** A pull spec by digest stands as the number of its repository: the digest is `image`, and repositories repeat. */
type PackedEvent = [created: string, dockerImageReference: string | number, image: string, generation: number];

/** As events were stored before. */
type NamedEvent = Omit<TagEvent, 'dockerImageReference'> & { dockerImageReference: string | number };

/** Repositories of the cluster's own registry are pulled from wherever it is reached now; `host` is where it was. */
type PackedRepository = string | [host: string, path: string];

type PackedList = Omit<NamedTagEventList, 'items'> & { items: (PackedEvent | NamedEvent)[] | null };

interface PackedStatus {
  repositories?: PackedRepository[];
  tags?: PackedList[];
}

/** A history as it is stored where the repositories that it names have these numbers, and its JSON. */
interface KnownList {
  packed: PackedList;
  json: string;
  numbers: readonly (readonly [repository: string, number: number])[];
}

/** Who only looks at a stream does not keep this of it. */
type KnownLists = WeakMap<NamedTagEventList, WeakRef<KnownList>>;

type Policies = Pick<TagReference, 'importPolicy' | 'referencePolicy'>;

/** The policies of a tag stand as a number, too: most tags have the same. */
type PackedTag = Omit<TagReference, keyof Policies> & { policies: number };

interface PackedSpec extends Omit<ImageStreamSpec, 'tags'> {
  policies?: Policies[];
  tags?: PackedTag[];
}

/** Names of the cluster's registry that streams were stored with; it has a few in its life. */
const MOST_FORMER_HOSTS = 100;

/**
 * How streams are stored: without the repositories of the status, which depend on where the registry is reached now
 * (registry.md 3.3), as do the pull specs of its own images, and with packed tags, so that 5,000 of them fit into a value of etcd with their histories.
 */
export function storedStreams(hostnames: () => RegistryHostnames): StoredForm<ImageStream> {
  // Large histories are read again and again; whoever shares the packed ones shares these, too.
  const unpacked = new WeakMap<object, { tags: NamedTagEventList[]; internal: string | undefined }>();
  const unpackedSpecs = new WeakMap<object, ImageStreamSpec>();
  // Of large streams, a push changes a tag or two.
  const packedSpecs = new WeakMap<ImageStreamSpec, PackedSpec>();
  const knownLists: KnownLists = new WeakMap();
  // Keeps what is known of them for as long as somebody shares what is stored.
  const listsOf = new WeakMap<object, readonly KnownList[]>();
  const formerHosts = new Set<string>();
  // While the registry has no name, its images are shown by the name that it had.
  const isOwnHost = (host: string, internal: string | undefined) =>
    internal === undefined ? formerHosts.has(host) : host === internal;
  return {
    pack: ({ status, spec, ...stream }) => {
      const packedSpec = packedSpecs.get(spec) ?? packSpec(spec);
      packedSpecs.set(spec, packedSpec);
      unpackedSpecs.set(packedSpec, spec);
      // A stream that is just being created has no status yet.
      const { tags = [] } = status ?? {};
      if (tags.length === 0) return { ...stream, spec: packedSpec, status: {} };
      const { internal } = hostnames();
      const { packed, lists } = packTags(tags, knownLists, (host) => isOwnHost(host, internal));
      listsOf.set(packed, lists);
      unpacked.set(packed, { tags, internal });
      return { ...stream, spec: packedSpec, status: packed };
    },
    unpack: ({ status = {}, spec: packedSpec, ...stored }) => {
      const packed = status as PackedStatus;
      const { internal } = hostnames();
      const known = unpacked.get(packed);
      const tags = known !== undefined && known.internal === internal ? known.tags : unpackTags(packed, internal);
      unpacked.set(packed, { tags, internal });
      for (const repository of packed.repositories ?? []) {
        if (typeof repository !== 'string' && formerHosts.size < MOST_FORMER_HOSTS) formerHosts.add(repository[0]);
      }
      const spec = unpackedSpecs.get(packedSpec as PackedSpec) ?? unpackSpec(packedSpec as PackedSpec);
      unpackedSpecs.set(packedSpec as PackedSpec, spec);
      return { ...stored, spec, status: statusOf(stored, tags, hostnames()) };
    },
    json: ({ status }): Record<string, string> => {
      const lists = listsOf.get(status as PackedStatus);
      return lists === undefined ? {} : { status: statusJson(status as PackedStatus, lists) };
    },
  };
}

function packSpec({ tags, ...spec }: ImageStreamSpec): PackedSpec {
  if (tags === undefined) return spec;
  const policies = new Map<string, number>();
  const packed = tags.map(({ importPolicy, referencePolicy, ...tag }) => {
    const text = JSON.stringify({ importPolicy, referencePolicy });
    const known = policies.get(text) ?? policies.size;
    policies.set(text, known);
    return { ...tag, policies: known };
  });
  return { ...spec, policies: [...policies.keys()].map((text) => JSON.parse(text) as Policies), tags: packed };
}

/** Each tag gets policies of its own: whoever changes one changes no other. */
function unpackSpec({ policies = [], tags, ...spec }: PackedSpec): ImageStreamSpec {
  if (tags === undefined) return spec;
  const unpack = ({ policies: at, ...tag }: PackedTag): TagReference => {
    const shared = policies[at];
    // As streams were stored before: with policies of its own.
    if (shared === undefined) return tag as TagReference;
    return { ...tag, importPolicy: { ...shared.importPolicy }, referencePolicy: { ...shared.referencePolicy } };
  };
  return { ...spec, tags: tags.map(unpack) };
}

function packTags(
  tags: readonly NamedTagEventList[],
  knownLists: KnownLists,
  isOwnHost: (host: string) => boolean,
): { packed: PackedStatus; lists: readonly KnownList[] } {
  const names = new Map<string, number>();
  const numberOf = (repository: string) => {
    const number = names.get(repository) ?? names.size;
    names.set(repository, number);
    return number;
  };
  const lists = tags.map((list) => {
    const known = knownLists.get(list)?.deref();
    if (known !== undefined && known.numbers.every(([name, number]) => numberOf(name) === number)) return known;
    const packed = packList(list, numberOf);
    knownLists.set(list, new WeakRef(packed));
    return packed;
  });
  const split = (repository: string): PackedRepository => {
    const slash = repository.indexOf('/');
    const host = repository.slice(0, Math.max(slash, 0));
    return isOwnHost(host) ? [host, repository.slice(slash + 1)] : repository;
  };
  const head = names.size > 0 ? { repositories: [...names.keys()].map(split) } : {};
  return { packed: { ...head, tags: lists.map(({ packed }) => packed) }, lists };
}

function statusJson(status: PackedStatus, lists: readonly KnownList[]): string {
  return `${JSON.stringify({ ...status, tags: [] }).slice(0, -2)}${lists.map(({ json }) => json).join(',')}]}`;
}

function packList(list: NamedTagEventList, numberOf: (repository: string) => number): KnownList {
  const numbers = new Map<string, number>();
  const pack = ({ created, dockerImageReference, image, generation }: TagEvent): PackedEvent => {
    const at = `@${image}`;
    if (image === '' || !dockerImageReference.endsWith(at)) return [created, dockerImageReference, image, generation];
    const repository = dockerImageReference.slice(0, -at.length);
    const number = numberOf(repository);
    numbers.set(repository, number);
    return [created, number, image, generation];
  };
  const packed = { ...list, items: list.items?.map(pack) ?? null };
  return { packed, json: JSON.stringify(packed), numbers: [...numbers] };
}

function unpackTags({ repositories = [], tags = [] }: PackedStatus, internal: string | undefined): NamedTagEventList[] {
  const names = repositories.map((repository) =>
    typeof repository === 'string' ? repository : `${internal ?? repository[0]}/${repository[1]}`,
  );
  const unpack = (event: PackedEvent | NamedEvent): TagEvent => {
    const named = Array.isArray(event)
      ? event
      : ([event.created, event.dockerImageReference, event.image, event.generation] as const);
    const [created, packed, image, generation] = named;
    const dockerImageReference = typeof packed === 'string' ? packed : `${names[packed] ?? ''}@${image}`;
    return { created, dockerImageReference, image, generation };
  };
  return tags.map((list) => ({ ...list, items: list.items?.map(unpack) ?? null }));
}

/** The status of a stream with these histories, where the registry is reached by these names (registry.md 3.3). */
export function statusOf(
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
