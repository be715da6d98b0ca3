import { formatGroupResource, type KubeObject, type ResourceType } from '@longshore/kube';

/** An object that should be. */
export interface Wanted {
  type: ResourceType;
  object: KubeObject;
  /** Made when it is not there, and then left to others. */
  createOnly?: true;
  /** The generation that the operator made; any other one is somebody else's. */
  generation?: number | undefined;
}

/** `configmaps/openshift-config/registry-ca`: an object among all. */
export function addressOf(type: ResourceType, name: string, namespace = ''): string {
  return `${formatGroupResource(type)}/${namespace}/${name}`;
}

export function addressOfObject(type: ResourceType, { metadata }: KubeObject): string {
  return addressOf(type, metadata.name ?? '', metadata.namespace);
}

/**
 * What there is in a cluster, as far as the operator looks: kinds that are served, and objects. Types of objects are what the
 * caller says they are.
 */
export class Snapshot {
  private readonly objects: ReadonlyMap<string, ReadonlyMap<string, KubeObject>>;

  /** `served`: `routes.route.openshift.io`. */
  constructor(
    private readonly served: ReadonlySet<string>,
    objects: Iterable<readonly [ResourceType, KubeObject]>,
  ) {
    const byType = new Map<string, Map<string, KubeObject>>();
    for (const [type, object] of objects) {
      const ofType = byType.get(formatGroupResource(type)) ?? new Map<string, KubeObject>();
      byType.set(formatGroupResource(type), ofType.set(addressOfObject(type, object), object));
    }
    this.objects = byType;
  }

  serves(type: ResourceType): boolean {
    return this.served.has(formatGroupResource(type));
  }

  find<T extends KubeObject = KubeObject>(type: ResourceType, name: string, namespace = ''): T | undefined {
    return this.objects.get(formatGroupResource(type))?.get(addressOf(type, name, namespace)) as T | undefined;
  }

  list<T extends KubeObject = KubeObject>(type: ResourceType, namespace?: string): T[] {
    const all = [...(this.objects.get(formatGroupResource(type))?.values() ?? [])] as T[];
    return namespace === undefined ? all : all.filter(({ metadata }) => metadata.namespace === namespace);
  }
}
