import {
  hasReason,
  Quantity,
  visitObjects,
  type Image,
  type ImageStream,
  type KubeClient,
  type KubeObject,
  type ResourceType,
} from '@longshore/kube';
import { IMAGE_USER_KINDS, type ImageUserKind } from './image-users.js';
import { mergePolicies, readPolicy, type NamespacePolicy } from './namespace-policy.js';
import { PruneGraph } from './prune-graph.js';

export const IMAGES: ResourceType = { group: 'image.openshift.io', version: 'v1', resource: 'images' };
export const STREAMS: ResourceType = { group: 'image.openshift.io', version: 'v1', resource: 'imagestreams' };
const LIMIT_RANGES: ResourceType = { group: '', version: 'v1', resource: 'limitranges' };

export interface ReadClusterOptions {
  client: KubeClient;
  /** Only this namespace is to be pruned; uses are looked for in all, where that is allowed. */
  namespace?: string | undefined;
  /** Pods that ended count when they are younger. Milliseconds since 1970. */
  notBefore: number;
  signal: AbortSignal;
  onWarning?: (text: string) => void;
  onProgress?: (what: string, done: number) => void;
}

/** All that the pruner knows of a cluster. */
export interface ClusterReading {
  graph: PruneGraph;
  /** `Pod[ns/name]: why`, for each reference that cannot be understood. */
  invalid: string[];
  /** By namespace: the smallest limit for an image, in bytes. */
  sizeLimits: Map<string, number>;
  /** By namespace: what its histories keep. */
  policies: Map<string, NamespacePolicy>;
  /** From where on to watch. */
  versions: { images: string; streams: string };
  /** Hosts under which the registry may be found, best first (registry.md 8.2 step 2). */
  registryHosts: string[];
}

/** Reads a cluster. Streams come before images, so that an image which is missing in a history has really gone. */
export async function readCluster(options: ReadClusterOptions): Promise<ClusterReading> {
  const { client, signal, onProgress = () => undefined } = options;
  const graph = new PruneGraph();
  const repositories: (string | undefined)[] = [];
  const counted = <T>(what: string, take: (object: T) => void) => {
    let done = 0;
    return (object: T) => {
      take(object);
      if (++done % 1000 === 0) onProgress(what, done);
    };
  };
  const takeStream = counted('image streams read', (stream: ImageStream) => {
    graph.addStream(stream);
    if (repositories.length === 0 && stream.status?.dockerImageRepository) {
      repositories.push(stream.status.dockerImageRepository, stream.status.publicDockerImageRepository);
    }
  });
  const streams = await visitObjects<ImageStream>(client, STREAMS, { signal }, takeStream);
  const takeImage = counted('images read', (image: Image) => void graph.addImage(image));
  const images = await visitObjects<Image>(client, IMAGES, { signal }, takeImage);
  const reader = new UserReader(options, graph);
  await reader.readLimits();
  for (const kind of IMAGE_USER_KINDS) await reader.read(kind);
  const references = [graph.newestManagedReference, ...repositories];
  const hosts = references.map((reference) => reference?.split('/', 1)[0] ?? '');
  return {
    graph,
    invalid: [...reader.invalid],
    sizeLimits: reader.sizeLimits,
    policies: reader.policies,
    versions: { images, streams },
    registryHosts: [...new Set(hosts.filter((host) => host !== ''))],
  };
}

/** Reads what uses images. */
class UserReader {
  readonly invalid = new Set<string>();
  readonly sizeLimits = new Map<string, number>();
  readonly policies = new Map<string, NamespacePolicy>();
  private isWarned = false;

  constructor(
    private readonly options: ReadClusterOptions,
    private readonly graph: PruneGraph,
  ) {}

  async readLimits(): Promise<void> {
    const { sizeLimits, policies } = this;
    await this.visit(LIMIT_RANGES, (range) => {
      const { namespace = '' } = range.metadata;
      for (const { type, max } of ((range.spec ?? {}) as LimitRangeSpec).limits ?? []) {
        if (type !== 'openshift.io/Image' || max?.storage === undefined) continue;
        const bytes = Number(Quantity.parse(String(max.storage)).toInteger());
        sizeLimits.set(namespace, Math.min(bytes, sizeLimits.get(namespace) ?? Infinity));
      }
      const { policy, problems } = readPolicy(range);
      for (const problem of problems) this.options.onWarning?.(`${problem}, so everything stays there`);
      const merged = mergePolicies(policies.get(namespace) ?? {}, policy);
      if (Object.keys(merged).length > 0) policies.set(namespace, merged);
    });
  }

  async read({ kind, type, isOptional, mayBeForbidden, usesOf }: ImageUserKind): Promise<void> {
    try {
      await this.visit(type, (object) => {
        const uses = usesOf(object, this.options.notBefore);
        if (uses === undefined) return;
        this.graph.addUses(uses);
        const { namespace, name } = object.metadata;
        for (const why of uses.invalid) this.invalid.add(`${kind}[${namespace}/${name}]: ${why}`);
      });
    } catch (error) {
      const isPassedOver =
        (isOptional && hasReason(error, 'NotFound')) || (mayBeForbidden && hasReason(error, 'Forbidden'));
      if (!isPassedOver) throw error;
      if (mayBeForbidden) this.options.onWarning?.(`cannot list ${type.resource}: ${error.message}; go on without`);
    }
  }

  /** In all namespaces; where only one is pruned and its user sees no others, in that one. */
  private async visit(type: ResourceType, visit: (object: KubeObject) => void): Promise<void> {
    const { client, signal, namespace, onWarning } = this.options;
    try {
      await visitObjects(client, type, { signal }, visit);
    } catch (error) {
      if (namespace === undefined || !hasReason(error, 'Forbidden')) throw error;
      await visitObjects(client, type, { namespace, signal }, visit);
      if (!this.isWarned) onWarning?.(`only what uses images in ${namespace} is seen: ${error.message}`);
      this.isWarned = true;
    }
  }
}

interface LimitRangeSpec {
  limits?: { type?: string; max?: { storage?: string | number } }[];
}
